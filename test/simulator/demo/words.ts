/** Words as the planner compares them: lower case, without endings, without those that carry no meaning. */

const STOP_WORDS = new Set(
  (
    'a an the this that these those it its of in on at to from for with by as and or but if so me my your you i we our us ' +
    'is are was were be been do does did please can could would will there here then now all any some one into using use ' +
    'what which who whom when where how why tell say give about also have has had just what'
  ).split(' '),
);

/** A plain stemmer: plural, -ing, -ed, -ies. Good enough to bring `entities` and `entity` together. */
export function stem(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (word.length > 5 && word.endsWith('ing')) return undouble(word.slice(0, -3));
  if (word.length > 4 && word.endsWith('ed')) return undouble(word.slice(0, -2));
  if (word.length > 3 && word.endsWith('s') && !word.endsWith('ss')) return dropE(word.slice(0, -1));
  return dropE(word);
}

function undouble(word: string): string {
  return /([bdgmnprt])\1$/.test(word) ? word.slice(0, -1) : dropE(word);
}

function dropE(word: string): string {
  return word.length > 3 && word.endsWith('e') ? word.slice(0, -1) : word;
}

/** The stems of a text or of a name such as `fs__readTextFile`, in order, stop words left out. */
export function stems(text: string): string[] {
  const split = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  const words = split.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.filter((word) => !STOP_WORDS.has(word)).map(stem);
}

/**
 * What people say and what tools are called. One line per meaning of a word: the first is what stands in the task, the
 * others what may stand in a tool's name or description.
 */
const SYNONYMS: Readonly<Record<string, string>> = {
  list: 'show directory ls',
  show: 'read list get view display',
  display: 'read list show',
  read: 'view open get load fetch cat',
  open: 'read view',
  view: 'read show',
  print: 'read show',
  look: 'read search find',
  check: 'read get info',
  summarise: 'read',
  summarize: 'read',
  folder: 'directory dir',
  directory: 'folder dir',
  document: 'file',
  search: 'find query grep lookup',
  find: 'search query locate lookup',
  locate: 'search find',
  recall: 'search query node open memory retrieve lookup graph',
  write: 'create save put',
  save: 'write create store put',
  create: 'write make add new',
  make: 'create add new',
  put: 'write save',
  store: 'create entity save remember memory add write',
  remember: 'create entity store save memory add knowledge',
  memorise: 'create entity store save memory add knowledge remember',
  memorize: 'create entity store save memory add knowledge remember',
  note: 'create entity store observation memory add',
  add: 'sum create plus',
  plus: 'add sum',
  sum: 'add total calculate',
  calculate: 'sum add math',
  delete: 'remove',
  remove: 'delete',
  rename: 'move',
  move: 'rename',
  change: 'edit update',
  replace: 'edit update',
  edit: 'update replace',
  repeat: 'echo',
  say: 'echo',
  info: 'metadata stat detail',
  size: 'info metadata stat',
  fetch: 'get download read url',
  download: 'fetch get url',
  memory: 'knowledge graph',
  tree: 'recursive',
};

const STEMMED = new Map(Object.entries(SYNONYMS).map(([word, list]) => [stem(word), list.split(' ').map(stem)]));

export function synonyms(stemmed: string): readonly string[] {
  return STEMMED.get(stemmed) ?? [];
}
