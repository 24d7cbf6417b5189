import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/**
 * What axe-core finds serious or critical on a page as it stands, one line each. It runs in a world of its own: the
 * page's policy allows no foreign scripts, and rightly so.
 */
export async function findBarriers(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  try {
    const { frameTree } = await session.send('Page.getFrameTree');
    const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', {
      frameId: frameTree.frame.id,
      worldName: 'accessibility',
    });
    await session.send('Runtime.evaluate', { contextId, expression: await readFile(source, 'utf8') });
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      contextId,
      expression: `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return (result.value as Violation[])
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, help, nodes }) =>
        nodes.map(({ target, failureSummary }) => {
          const why = failureSummary.split('\n').slice(1).join(' ').trim();
          return `${id}: ${help}: ${target.join(' ')} (${why})`;
        }),
      );
  } finally {
    await session.detach();
  }
}
