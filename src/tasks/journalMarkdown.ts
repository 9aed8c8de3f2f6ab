/** A past task as the document that it streamed into, as far as its journal has it. */
import { eventsOf } from './journalEvents';
import { beginLine, openEndLines, problemLine } from './journalNotes';
import type { ReadJournal } from './journalReader';
import { TaskMarkdown } from './taskMarkdown';

/** The whole document; ends with a line feed. */
export function markdownOfJournal(read: ReadJournal): string {
  const markdown = new TaskMarkdown();
  return writeJournal(markdown, read) + noteOpenEnd(markdown, read);
}

/** Writes what the journal has into a new document, which may go on afterwards. Returns the text. */
export function writeJournal(markdown: TaskMarkdown, read: ReadJournal): string {
  const { header, problems } = read;
  let text = markdown.begin(header.request.task);
  text += markdown.note(beginLine(read));
  for (const event of eventsOf(read)) text += markdown.add({ ...event, at: Math.max(0, event.at - header.at) });
  for (const problem of problems) text += markdown.note(problemLine(problem));
  return text;
}

/** What is to be said of a journal that has no end. Returns the text. */
export function noteOpenEnd(markdown: TaskMarkdown, read: ReadJournal): string {
  return openEndLines(read)
    .map((line) => markdown.note(line))
    .join('');
}
