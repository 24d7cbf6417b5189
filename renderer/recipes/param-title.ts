import { stages } from '../state/select.ts';
import { t } from '../strings.ts';

/** A parameter `stage.param` as people read it: `Replace: prompt`, `Color: strength`. */
export function paramTitle(param: string): string {
  const [stage = '', name = ''] = param.split('.');
  const step = stages.find((each) => each === stage);
  const spoken = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${step ? t.stages[step] : stage}: ${t.recipes.params[param] ?? spoken}`;
}
