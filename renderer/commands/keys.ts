import { type CommandId, commands } from '../../preload/commands.ts';

/** What of a keyboard event decides which command it is. */
export interface Press {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

interface Accelerator {
  readonly mod: boolean;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly key: string;
}

const isMac = () => navigator.platform.startsWith('Mac');

/** Reads `Mod+Shift+Z`; a lone `+` is the key itself. */
export function parseAccelerator(text: string): Accelerator {
  const parts = text === '+' ? ['+'] : text.split('+');
  const key = parts[parts.length - 1] ?? '';
  return {
    mod: parts.includes('Mod'),
    shift: parts.includes('Shift'),
    alt: parts.includes('Alt'),
    key: key.toLowerCase(),
  };
}

/**
 * The command of a key press, or null. With Alt the physical key counts, since Alt makes another character of it on
 * some systems; Shift counts only where the character does not already tell (`?` needs it on most keyboards).
 */
export function findCommand(press: Press, mac: boolean): (typeof commands)[number] | null {
  const mod = mac ? press.metaKey : press.ctrlKey;
  const other = mac ? press.ctrlKey : press.metaKey;
  if (other) return null;
  const typed = press.key === ' ' ? 'space' : press.key.toLowerCase();
  const physical = press.code.replace(/^(Key|Digit)/, '').toLowerCase();
  for (const command of commands) {
    for (const text of command.keys) {
      const want = parseAccelerator(text);
      if (want.mod !== mod || want.alt !== press.altKey) continue;
      const isSign = want.key.length === 1 && !/[a-z0-9]/.test(want.key);
      if (!isSign && want.shift !== press.shiftKey) continue;
      if (want.key === (press.altKey ? physical : typed)) return command;
    }
  }
  return null;
}

/** True where a command may act while text is typed: it needs a key that types nothing. */
export function worksWhileTyping(press: Press, mac: boolean): boolean {
  return press.key === 'Escape' || (mac ? press.metaKey : press.ctrlKey);
}

const signs: Readonly<Record<string, string>> = {
  Mod: '⌘',
  Shift: '⇧',
  Alt: '⌥',
  Enter: '↩',
  Escape: 'Esc',
};

/** A key combination as this system writes it: `⇧⌘Z` or `Ctrl+Shift+Z`. */
export function writeKeys(text: string, mac = isMac()): string {
  const parts = text === '+' ? ['+'] : text.split('+');
  if (mac) return parts.map((p) => signs[p] ?? p).join('');
  return parts.map((p) => (p === 'Mod' ? 'Ctrl' : p === 'Escape' ? 'Esc' : p)).join('+');
}

/** The first key of a command, written for this system. */
export function keysOf(id: CommandId): string | undefined {
  const first = commands.find((c) => c.id === id)?.keys[0];
  return first && writeKeys(first);
}
