/** Parts of a machine that some tests need and that not every machine has. */
export type Part = 'chromium' | 'vulkan' | 'redis';

/**
 * True where tests that need a part are to be skipped: pass it to `test.skipIf`. Where DAVENPORT_REQUIRE names the part
 * (as continuous integration does, so that a green run has run everything), its absence is an error instead.
 * @param isThere whether this machine has it
 * @param reason one line on what is missing and how to get it
 */
export function skipWithout(part: Part, isThere: boolean, reason: string): boolean {
  if (isThere) return false;
  if ((process.env['DAVENPORT_REQUIRE'] ?? '').split(',').includes(part)) {
    throw new Error(`These tests must run here but cannot: ${reason}`);
  }
  console.warn(`Skipped: ${reason}`);
  return true;
}
