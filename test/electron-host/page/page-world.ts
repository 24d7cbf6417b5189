/** Schemes of the app beside the page's own: Chromium refuses to fetch them, so they go to their origins here. */
export function reachSchemes(origins: Readonly<Record<string, string>>): void {
  const native = window.fetch.bind(window);
  window.fetch = (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(url);
    const pattern = parts && origins[(parts[1] ?? '').toLowerCase()];
    if (!parts || !pattern) return native(input, init);
    return native(pattern.replace('*', parts[2] ?? '') + url.slice(parts[0].length), init);
  };
}
