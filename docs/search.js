/*
 * The order of search results. Sphinx wants every word of a query on a page, and sorts equal pages by
 * their name. Readers type half a sentence, so here a page needs only some of the words. Rare words
 * count more than common ones, words in a title or heading more than words in the text. A result
 * leads to the heading that fits best. The index is Sphinx's own. A message of torch, or a traceback
 * with one, leads first to its entries on the page of messages; the name of a page, to that page.
 */
const WEIGHTS = { text: 1, start: 0.6, heading: 1.6, title: 2.2, whole: 4 };
const ENOUGH = 0.4; // of the query's weight has to be on a page
const AT_MOST = 40;

/* Words of a question, which tell nothing about the answer. */
const ASKING = new Set([
  ..."anything between can difference do does get how i me my need should use versus vs want".split(" "),
  ..."what when which why you your lstm nn pytorch torch".split(" "),
]);

/* What readers write, and what the guide says. */
const SAME = new Map(Object.entries({
  cuda: "device",
  double: "float64",
  embedding_dim: "input_size",
  final: "last",
  gpu: "device",
  hidden_dim: "hidden_size",
  hn: "h_n",
  cn: "c_n",
  last: "final",
  n_layers: "num_layers",
  scratch: "hand",
  seq_len: "length",
  tbptt: "truncated",
  timestep: "step",
  timesteps: "steps",
  units: "hidden_size",
  vanishing: "far",
}));

/* The pages that hold a word, from one of Sphinx's lists; a lone page is stored as a number. */
const pagesWith = (list, word) => (Object.hasOwn(list, word) ? [list[word]].flat() : []);

/* The pages for a word as it stands, or else for words that begin with it. */
const look = (list, word) => {
  const exact = pagesWith(list, word);
  if (exact.length || word.length < 3) return [exact, WEIGHTS.text];
  const longer = Object.keys(list).filter((term) => term.startsWith(word));
  return [longer.flatMap((term) => pagesWith(list, term)), WEIGHTS.start];
};

/* Words as they are in the index, lower case and without ending, each with the forms that count as
   the same. */
const stems = (text) => {
  const stemmer = new Stemmer();
  const words = splitQuery(text.toLowerCase()).filter(
    (word) => !stopwords.has(word) && !/^\d+$/.test(word),
  );
  const telling = words.filter((word) => !ASKING.has(word));
  const forms = new Map();
  for (const word of telling.length ? telling : words) {
    const same = [word, SAME.get(word) ?? word, word.replace(/_l\d+(_reverse)?$/, "_l")];
    forms.set(stemmer.stemWord(word), new Set(same.map((each) => stemmer.stemWord(each))));
  }
  return forms;
};

/* How much each word tells, and which words each page has. */
const weigh = (forms, index) => {
  const worth = new Map();
  const pages = new Map();
  for (const [word, same] of forms) {
    const found = new Set();
    let factor = WEIGHTS.start;
    for (const form of same) {
      const [inText, exact] = look(index.terms, form);
      const [inTitle] = look(index.titleterms, form);
      for (const page of [...inText, ...inTitle]) found.add(page);
      if (inText.length) factor = Math.max(factor, exact);
    }
    if (!found.size) continue; // a typing error, or a name of the reader's own
    worth.set(word, factor * Math.log(1 + index.docnames.length / found.size));
    for (const page of found) {
      if (!pages.has(page)) pages.set(page, new Set());
      pages.get(page).add(word);
    }
  }
  return [worth, pages];
};

const sum = (words, worth) => [...words].reduce((all, word) => all + (worth.get(word) ?? 0), 0);

/* Whether a heading begins with one of some words. */
const begins = (inHeading, words, forms) =>
  words.some((word) => forms.get(word).has([...inHeading.keys()][0]));

/* For each page how well its headings fit, and the place to go: the heading with the most of the
   words and, of equal ones, with the fewest others. A title that begins with one of the words is
   about them, and stays the place to go. */
const bestHeadings = (forms, worth, index) => {
  const best = new Map();
  for (const [heading, places] of Object.entries(index.alltitles)) {
    const inHeading = stems(heading);
    const has = (word) => [...forms.get(word)].some((form) => inHeading.has(form));
    const common = [...worth.keys()].filter(has);
    if (!common.length) continue;
    const whole = common.length === inHeading.size && common.length === forms.size;
    for (const [page, anchor] of places) {
      const known = best.get(page) ?? { score: 0, found: 0, precise: 0 };
      const isTitle = index.titles[page] === heading;
      const found = sum(common, worth);
      const share = common.length / Math.max(inHeading.size, common.length);
      const score = found * (isTitle ? WEIGHTS.title : WEIGHTS.heading) * (0.5 + 0.5 * share);
      known.score = Math.max(known.score, whole ? score + WEIGHTS.whole : score);
      const precise = isTitle && begins(inHeading, common, forms) ? 1 : share;
      const fits = found > known.found || (found === known.found && precise > known.precise);
      best.set(page, fits ? { ...known, found, precise, heading, anchor } : known);
    }
  }
  return best;
};

/* An entry of the API whose own name is the query. */
const objectsCalled = (query, index) =>
  Object.entries(index.objects).flatMap(([prefix, entries]) =>
    entries
      .filter((entry) => [entry[4], `${prefix}.${entry[4]}`].includes(query.trim()))
      .map(([page, , , anchor, name]) => {
        const full = `${prefix}.${name}`;
        const place = `#${anchor === "" || anchor === "-" ? full : anchor}`;
        return [index.docnames[page], full, place, null, 100, index.filenames[page], "object"];
      }),
  );

/* The entry of the glossary that "what is" asks for. */
const termAsked = (query, index) => {
  const term = /^what (?:is|are|does) (?:an? |the )?(.+?)(?: mean)?\??$/i.exec(query.trim())?.[1];
  return pagesWith(index.indexentries, term?.toLowerCase()).map(([page, id]) => {
    const words = `${index.titles[page]} > ${term}`;
    return [index.docnames[page], words, `#${id}`, null, 100, index.filenames[page], "index"];
  });
};

/* The page whose file has the query as its name, as probes and explained errors print it. */
const pageCalled = (query, index) => {
  const name = query.trim().replaceAll("-", "_");
  return index.docnames.flatMap((page, place) =>
    page.replace(/^.*\/\d+_/, "") === name && !page.includes("exercises/")
      ? [[page, index.titles[place], "", null, 1000, index.filenames[place], "title"]]
      : [],
  );
};

/* The entries on the page of messages whose pattern is in the query, the likeliest first. */
const entriesFor = (query, index) => {
  const page = index.docnames.indexOf("by-error");
  return errorEntriesFor(query).map(({ id, title }, place) => {
    const words = `${index.titles[page]} > ${title}`;
    return ["by-error", words, `#${id}`, null, 1000 - place, index.filenames[page], "title"];
  });
};

Search._performSearch = (query) => {
  const index = Search._index;
  const forms = stems(query);
  const [worth, pages] = weigh(forms, index);
  const headings = bestHeadings(forms, worth, index);
  const all = sum(worth.keys(), worth);
  const certain = [...pageCalled(query, index), ...entriesFor(query, index)];
  const listed = new Set(certain.map(([page]) => page));
  const results = [...objectsCalled(query, index), ...termAsked(query, index), ...certain];
  for (const [page, found] of pages) {
    if (listed.has(index.docnames[page])) continue;
    const share = sum(found, worth) / all;
    if (share < ENOUGH) continue;
    const { score: extra, heading, anchor } = headings.get(page) ?? { score: 0 };
    const title = index.titles[page];
    const named = heading && heading !== title && anchor;
    results.push([
      index.docnames[page],
      named ? `${title} > ${heading}` : title,
      named ? `#${anchor}` : "",
      null,
      share * (sum(found, worth) + extra),
      index.filenames[page],
      "text",
    ]);
  }
  document.getElementById("search-progress")?.replaceChildren();
  // Sphinx takes results from the end of the list.
  return results.sort((a, b) => a[4] - b[4]).slice(-AT_MOST);
};
