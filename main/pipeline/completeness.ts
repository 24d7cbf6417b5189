import type { Edit } from './recipe.ts';

/** What a person must still say before an edit can be made. */
export type Gap = 'selection' | 'replacement';

/** True where clicks, a box, an imported mask or a brush say which object is meant. */
export function hasSelection({ segment }: Edit): boolean {
  const { mask, box, clicks, strokes } = segment;
  return (
    mask !== null ||
    box !== null ||
    clicks.some((click) => click.label === 'include') ||
    strokes.some((stroke) => stroke.mode === 'add')
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
