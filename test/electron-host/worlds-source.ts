import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import type { PreloadFacts } from './messages.ts';

/** The name of the preload's isolated world. */
export const PRELOAD_WORLD = 'Electron Isolated Context';
/** The function through which that world, and no other, sends to the host. */
export const TRANSMIT = '__davenportHostTransmit';
/** Where that world keeps what the host calls. */
export const RECEIVER = '__davenportHost';

/** A file of ours as a script of a page: its types and exports taken away. */
function scriptOf(...files: string[]): string {
  const read = (file: string) => readFileSync(new URL(`./${file}`, import.meta.url), 'utf8');
  return files
    .map((file) =>
      stripTypeScriptTypes(read(file))
        .replace(/^import .*$/gm, '')
        .replace(/^export /gm, ''),
    )
    .join('\n');
}

const inMainFrame = (body: string) => `if (window === window.top) {\n${body}\n}`;

/** Runs first in the page's own world. @param origins of each scheme, with `*` for the host */
export function pageWorldScript(secret: string, origins: Readonly<Record<string, string>>): string {
  return inMainFrame(`(() => {
${scriptOf('page/worlds.ts', 'page/page-world.ts')}
joinWorlds(${JSON.stringify(secret)}, 'page');
reachSchemes(${JSON.stringify(origins)});
})();`);
}

/** Runs in the preload's world: Electron's part, then the app's preload as Electron's sandboxed loader wraps it. */
export function preloadWorldScript(secret: string, facts: PreloadFacts, preload: string): string {
  return inMainFrame(`{
const { require, process, host } = (() => {
${scriptOf('clone.ts', 'page/worlds.ts', 'page/preload-world.ts')}
const base64 = { encode: (bytes) => bytes.toBase64(), decode: (text) => Uint8Array.fromBase64(text) };
const worlds = joinWorlds(${JSON.stringify(secret)}, 'preload');
const transmit = globalThis[${JSON.stringify(TRANSMIT)}];
return openPreloadWorld(${JSON.stringify(facts)}, createCloneCodec(base64), worlds, transmit);
})();
Object.defineProperty(globalThis, ${JSON.stringify(RECEIVER)}, { value: host });
const module = { exports: {} };
(function (require, process, module, exports) {
${preload}
}).call(globalThis, require, process, module, module.exports);
}`);
}
