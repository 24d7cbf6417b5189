import { randomBytes } from 'node:crypto';

/**
 * Chromium knows none of the app's schemes. `scheme://host/path` becomes an address of this machine,
 * `http://host.scheme-secret.localhost:port/path`: a secure context, an origin of its own, and no other program
 * can guess it.
 */
export class Origins {
  readonly #secret = randomBytes(16).toString('hex');
  readonly #schemes: ReadonlySet<string>;
  /** Where the server listens. */
  port = 0;

  constructor(schemes: Iterable<string>) {
    this.#schemes = new Set(schemes);
  }

  has(scheme: string): boolean {
    return this.#schemes.has(scheme);
  }

  /** `scheme://host` as an origin of this machine. */
  origin(scheme: string, host: string): string {
    return `http://${host}.${this.#label(scheme)}:${this.port}`;
  }

  /** The address that Chromium can load; those of other schemes stay as they are. */
  toHttp(url: string): string {
    const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(url);
    const scheme = parts?.[1]?.toLowerCase() ?? '';
    return parts && this.has(scheme) ? this.origin(scheme, parts[2] ?? '') + url.slice(parts[0].length) : url;
  }

  /** The address as the app knows it. */
  fromHttp(url: string): string {
    const parts = /^http:\/\/([^/?#:]*):(\d+)/.exec(url);
    const inner = parts && Number(parts[2]) === this.port ? this.#split(parts[1] ?? '') : null;
    return parts && inner ? inner + url.slice(parts[0].length) : url;
  }

  /** `scheme://host` of a request's Host header; null where it is not one of these origins. */
  ofHostHeader(header: string | undefined): string | null {
    return this.#split((header ?? '').replace(/:\d+$/, ''));
  }

  /** A content security policy in which the schemes and their hosts stand beside their origins here. */
  translatePolicy(policy: string): string {
    return policy.replace(
      /\b([a-z][a-z0-9+.-]*):(?:\/\/([^\s;/]+))?(?=[\s;/]|$)/gi,
      (source, scheme: string, host) => {
        if (!this.has(scheme)) return source;
        return `${source} ${this.origin(scheme, (host as string | undefined) ?? '*')}`;
      },
    );
  }

  #label(scheme: string): string {
    return `${scheme}-${this.#secret}.localhost`;
  }

  #split(hostname: string): string | null {
    for (const scheme of this.#schemes) {
      const tail = `.${this.#label(scheme)}`;
      if (hostname.endsWith(tail)) return `${scheme}://${hostname.slice(0, -tail.length)}`;
    }
    return null;
  }
}
