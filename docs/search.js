/*
 * The order of search results. Sphinx wants every word of a query on a page, and sorts equal pages by
 * their name. Readers type half a sentence or paste a message, so here a page needs only some of the
 * words. Rare words count more than common ones, words in a title or heading more than words in the
 * text. A result leads to the heading that fits best. The index is Sphinx's own.
 */
const WEIGHTS = { text: 1, start: 0.6, heading: 1.6, title: 2.2, whole: 4 };
const ENOUGH = 0.4; // of the query's weight has to be on a page
const AT_MOST = 40;

/* The pages that hold a word, from one of Sphinx's lists; a lone page is stored as a number. */
const pagesWith = (list, word) => (Object.hasOwn(list, word) ? [list[word]].flat() : []);

/* The pages for a word as it stands, or else for words that begin with it. */
const look = (list, word) => {
  const exact = pagesWith(list, word);
  if (exact.length || word.length < 3) return [exact, WEIGHTS.text];
  const longer = Object.keys(list).filter((term) => term.startsWith(word));
  return [longer.flatMap((term) => pagesWith(list, term)), WEIGHTS.start];
};

/* Words as they are in the index: lower case, without ending. */
const stems = (text) => {
  const stemmer = new Stemmer();
  const words = splitQuery(text.toLowerCase());
  const kept = words.filter((word) => !stopwords.has(word) && !/^\d+$/.test(word));
  return new Set((kept.length ? kept : words).map((word) => stemmer.stemWord(word)));
};

/* How much each word tells, and how much of it each page has. */
const weigh = (words, index) => {
  const worth = new Map();
  const pages = new Map();
  for (const word of words) {
    const [inText, factor] = look(index.terms, word);
    const [inTitle] = look(index.titleterms, word);
    const found = new Set([...inText, ...inTitle]);
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

/* For each page the heading that fits the query best: [score, heading, anchor]. */
const bestHeadings = (words, worth, index) => {
  const best = new Map();
  for (const [heading, places] of Object.entries(index.alltitles)) {
    const inHeading = stems(heading);
    const common = [...inHeading].filter((word) => worth.has(word));
    if (!common.length) continue;
    const whole = common.length === inHeading.size && common.length === words.size;
    for (const [page, anchor] of places) {
      const isTitle = index.titles[page] === heading;
      let score = sum(common, worth) * (isTitle ? WEIGHTS.title : WEIGHTS.heading);
      score *= 0.5 + (0.5 * common.length) / inHeading.size;
      if (whole) score += WEIGHTS.whole;
      if (score > (best.get(page)?.[0] ?? 0)) best.set(page, [score, heading, anchor]);
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

Search._performSearch = (query) => {
  const index = Search._index;
  const words = stems(query);
  const [worth, pages] = weigh(words, index);
  const headings = bestHeadings(words, worth, index);
  const all = sum(words, worth);
  const results = objectsCalled(query, index);
  for (const [page, found] of pages) {
    const share = sum(found, worth) / all;
    if (share < ENOUGH) continue;
    const [extra, heading, anchor] = headings.get(page) ?? [0, null, null];
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
