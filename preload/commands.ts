/**
 * Every action that has a name: one list for the menus, the keys, the sheet on `?` and the palette of tests.
 * Accelerators are Electron's: `Mod` stands for Command on macOS and Control elsewhere.
 */
export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: 'File' | 'Edit' | 'View' | 'Steps' | 'Mask' | 'Replace' | 'Help';
  /** First is shown; all work. Single keys act in the window alone and not while text is typed. */
  readonly keys: readonly string[];
  /** Shown in the application's menu too. */
  readonly menu: boolean;
  /** Only with a project open. */
  readonly needsDocument: boolean;
}

const command = <const Id extends string>(
  id: Id,
  title: string,
  group: Command['group'],
  keys: readonly string[],
  { menu = false, needsDocument = true }: { menu?: boolean; needsDocument?: boolean } = {},
) => ({ id, title, group, keys, menu, needsDocument }) as const;

export const commands = [
  command('open-photo', 'Open photo…', 'File', ['Mod+O'], { menu: true, needsDocument: false }),
  command('open-project', 'Open project…', 'File', ['Mod+Shift+O'], { menu: true, needsDocument: false }),
  command('open-folder', 'Open folder…', 'File', ['Mod+Alt+O'], { menu: true, needsDocument: false }),
  command('save-copy', 'Save a copy…', 'File', ['Mod+Shift+S'], { menu: true }),
  command('deliver', 'Deliver…', 'File', ['Mod+E'], { menu: true }),
  command('export-all', 'Export all intermediates…', 'File', ['Mod+Shift+E'], { menu: true }),
  command('apply-recipe', 'Apply recipe…', 'File', ['Mod+Alt+R'], { menu: true }),
  command('save-recipe', 'Save as recipe…', 'File', ['Mod+Alt+S'], { menu: true }),
  command('close', 'Close project', 'File', ['Mod+W'], { menu: true }),

  command('undo', 'Undo', 'Edit', ['Mod+Z'], { menu: true }),
  command('redo', 'Redo', 'Edit', ['Mod+Shift+Z', 'Mod+Y'], { menu: true }),
  command('history', 'History', 'Edit', ['H']),
  command('add-edit', 'Add an edit', 'Edit', ['Mod+Shift+N'], { menu: true }),

  command('fit', 'Fit the photo', 'View', ['F', '0'], { menu: true }),
  command('zoom-actual', 'Actual pixels', 'View', ['Z', '1'], { menu: true }),
  command('zoom-in', 'Zoom in', 'View', ['+', '='], { menu: true }),
  command('zoom-out', 'Zoom out', 'View', ['-'], { menu: true }),
  command('before', 'Before (hold)', 'View', ['\\']),
  command('wipe', 'Before/after wipe', 'View', ['W'], { menu: true }),
  command('side-by-side', 'Side by side', 'View', ['Y'], { menu: true }),
  command('overlay', 'Mask overlay', 'View', ['O'], { menu: true }),
  command('drawer', 'Debug drawer', 'View', ['D'], { menu: true }),
  command('full-screen', 'Full screen', 'View', ['F11'], { menu: true, needsDocument: false }),

  command('step-segment', 'Mask', 'Steps', ['Alt+1'], { menu: true }),
  command('step-depth', 'Depth', 'Steps', ['Alt+2'], { menu: true }),
  command('step-inpaint', 'Replace', 'Steps', ['Alt+3'], { menu: true }),
  command('step-color', 'Color', 'Steps', ['Alt+4'], { menu: true }),
  command('step-upscale', 'Deliver', 'Steps', ['Alt+5'], { menu: true }),
  command('next-step', 'Next step', 'Steps', ['Enter'], { menu: true }),
  command('previous-step', 'Previous step', 'Steps', ['Shift+Enter'], { menu: true }),
  command('skip-photo', 'Leave this photo out (clicking through a folder)', 'Steps', ['S']),
  command('run', 'Run this step', 'Steps', ['Mod+Enter'], { menu: true }),
  command('cancel', 'Cancel', 'Steps', ['Escape', 'Mod+.'], { menu: true }),

  command('tool-click', 'Click', 'Mask', ['C']),
  command('tool-box', 'Box', 'Mask', ['X']),
  command('tool-brush', 'Brush', 'Mask', ['B']),
  command('tool-eraser', 'Eraser', 'Mask', ['E']),
  command('brush-smaller', 'Smaller brush', 'Mask', ['[']),
  command('brush-larger', 'Larger brush', 'Mask', [']']),
  command('click-at-cursor', 'Click at the crosshair', 'Mask', ['Space']),
  command('exclude-at-cursor', 'Exclude at the crosshair', 'Mask', ['Alt+Space']),
  command('next-proposal', 'Next proposal', 'Mask', ['P']),
  command('grow', 'Grow the mask', 'Mask', ['.']),
  command('shrink', 'Shrink the mask', 'Mask', [',']),

  command('reroll', 'Roll the seed again', 'Replace', ['R']),
  command('lock', 'Lock the variation', 'Replace', ['L']),
  command('flip', 'Flip the piece', 'Replace', ['M']),

  command('keys', 'All keys', 'Help', ['?'], { menu: true, needsDocument: false }),
] as const satisfies readonly Command[];
export type CommandId = (typeof commands)[number]['id'];
