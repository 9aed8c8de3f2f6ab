// The texts for people in package.json: where they stand, and under which keys of package.nls.json they belong.

/** Fields of contributions that people read, wherever they stand. */
const TEXT_FIELDS = new Set([
  ...['title', 'shortTitle', 'category', 'contextualTitle', 'contents', 'description', 'markdownDescription', 'label'],
  ...['deprecationMessage', 'markdownDeprecationMessage', 'errorMessage', 'patternErrorMessage', 'displayName'],
  ...['userDescription', 'fullName', 'sampleRequest', 'altText', 'placeholder', 'detail'],
]);
/** The same, as lists beside `enum`. */
const TEXT_LISTS = new Set(['enumDescriptions', 'markdownEnumDescriptions', 'enumItemLabels']);
/** What models read, what is no text, and what looks like a text field and is none. */
const OTHER = new Set(['inputSchema', 'modelDescription', 'disambiguation', 'default', 'enum', 'menus', 'keybindings']);

/**
 * @typedef {object} Place
 * @property {string} key of package.nls.json; depends only on ids, so that a text that moves keeps its key
 * @property {string} text as it stands: a text, or `%key%`
 * @property {(text: string) => void} write
 */

/** Every place of a text, in the order of the file. @returns {Place[]} */
export function textPlaces(manifest) {
  const places = [];
  const add = (key, holder, field) =>
    places.push({ key, text: holder[field], write: (text) => void (holder[field] = text) });
  add('extension.description', manifest, 'description');
  for (const [kind, capability] of Object.entries(manifest.capabilities ?? {})) {
    if (typeof capability === 'object') visit(capability, [kind], add);
  }
  for (const [kind, contribution] of Object.entries(manifest.contributes ?? {})) {
    if (!OTHER.has(kind)) visit(contribution, [kind], add);
  }
  return places;
}

export function isReference(text) {
  return /^%[\w.-]+%$/.test(text);
}

function visit(value, path, add) {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(item, [...path, idOf(item, index)], add);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [field, item] of Object.entries(value)) {
    if (OTHER.has(field)) continue;
    if (typeof item === 'string' && isText(field, path)) {
      // One for all commands: it is the product's short name.
      add(field === 'category' ? 'category' : toKey([...path, field]), value, field);
    } else if (TEXT_LISTS.has(field) && Array.isArray(item)) {
      for (const index of item.keys()) add(toKey([...path, field, String(value.enum?.[index] ?? index)]), item, index);
    } else {
      visit(item, [...path, field], add);
    }
  }
}

/** A view has its title in `name`; elsewhere that is an id. */
function isText(field, [kind]) {
  return TEXT_FIELDS.has(field) || (kind === 'views' && field === 'name');
}

function idOf(item, index) {
  const { view, when, command, id, name, vendor, type, language } = item ?? {};
  if (view !== undefined) return `${view}.${when ?? ''}`;
  return String(command ?? id ?? name ?? vendor ?? type ?? language ?? index);
}

/** A setting may change its group, `properties` says nothing, and our own name stands before everything. */
function toKey(path) {
  const isSetting = path[0] === 'configuration' && path[2] === 'properties';
  return path
    .filter((_part, index) => !isSetting || index !== 1)
    .filter((part) => part !== 'properties')
    .map((part) => part.replaceAll('!', 'not.').replaceAll(/lmstudioBridge\.?/g, ''))
    .join('.')
    .replaceAll(/[^\w.-]+/g, '.')
    .replaceAll(/\.{2,}/g, '.')
    .replaceAll(/^\.|\.$/g, '');
}
