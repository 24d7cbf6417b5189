import type { Edit } from './recipe.ts';

/** What a person must still say before an edit can be made. */
export type Gap = 'selection' | 'replacement';

/** True where clicks, a box or an imported mask say which object is meant. */
export function hasSelection({ segment }: Edit): boolean {
  return (
    segment.mask !== null || segment.box !== null || segment.clicks.some((click) => click.label === 'include')
  );
}

/** True where it is said what takes the object's place. */
export function hasReplacement({ inpaint }: Edit): boolean {
  if (inpaint.engine !== 'place') return true;
  return inpaint.prompt.trim() !== '' || inpaint.product !== null || inpaint.piece !== 'auto';
}

/** What an edit lacks: first the object, then what comes instead. */
export function findGaps(edit: Edit): Gap[] {
  return [
    ...(hasSelection(edit) ? [] : ['selection' as const]),
    ...(hasReplacement(edit) ? [] : ['replacement' as const]),
  ];
}
