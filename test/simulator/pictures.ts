/** Pictures in chat messages: `image_url` parts with data URLs. */
import { stringFailure } from './failures';
import { isObject, objectsOf, stringOf, type JsonValue } from './json';
import type { ModelSpec } from './models';

/** Of one picture, whatever its size. INF: 256 are those of Gemma 3. */
export const TOKENS_PER_PICTURE = 256;

/** The addresses of all pictures in the `messages` of a chat request. */
export function picturesIn(messages: JsonValue | undefined): string[] {
  return objectsOf(messages)
    .flatMap((message) => objectsOf(message['content']))
    .filter((part) => part['type'] === 'image_url')
    .map((part) => (isObject(part['image_url']) ? (stringOf(part['image_url']['url']) ?? '') : ''));
}

/**
 * Lets messages with pictures pass to a model that can see.
 * @throws HttpFailure 400 where it cannot, or where a picture is no data URL. INF: both texts and the status.
 */
export function checkPictures(messages: JsonValue | undefined, spec: ModelSpec): void {
  const pictures = picturesIn(messages);
  if (pictures.some((url) => !/^data:image\/[\w.+-]+;base64,[A-Za-z0-9+/]+=*$/.test(url))) {
    throw stringFailure(400, "Invalid url. 'url' field must be a base64 encoded image.");
  }
  if (pictures.length > 0 && !spec.vision) {
    throw stringFailure(400, 'Model does not support images. Please use a model that does.');
  }
}
