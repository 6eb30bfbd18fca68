/* Find the entries of the page of messages whose pattern is in a text, the likeliest first. */
for (const entry of ERROR_ENTRIES) entry.patterns = entry.patterns.map((pattern) => new RegExp(pattern));

function errorEntriesFor(text) {
  const line = text.trim().split(/\s+/).join(" ");
  return ERROR_ENTRIES.filter((entry) => entry.patterns.some((pattern) => pattern.test(line)));
}
