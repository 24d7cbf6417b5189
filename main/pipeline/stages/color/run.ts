import type { StageNodes } from '../../node.ts';
import { runAlpha } from './alpha.ts';
import { runCheck } from './check.ts';
import { runComposite } from './composite.ts';
import { runMatch } from './match.ts';

/** The nodes of the color stage. */
export const colorNodes: StageNodes = {
  'color.match': runMatch,
  'color.alpha': runAlpha,
  'color.composite': runComposite,
  'color.check': runCheck,
};

export { shrinkJson, shrinkParams } from './shrink.ts';
