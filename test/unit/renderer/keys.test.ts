import { describe, expect, it } from 'vitest';
import { commands } from '../../../preload/commands.ts';
import {
  findCommand,
  parseAccelerator,
  type Press,
  worksWhileTyping,
  writeKeys,
} from '../../../renderer/commands/keys.ts';

const press = (key: string, values: Partial<Press> = {}): Press => ({
  key,
  code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...values,
});
const find = (key: string, values: Partial<Press> = {}, mac = false) =>
  findCommand(press(key, values), mac)?.id ?? null;

describe('finding the command of a key press', () => {
  it('tells plain keys from those with a modifier', () => {
    expect(find('z')).toBe('zoom-actual');
    expect(find('z', { ctrlKey: true })).toBe('undo');
    expect(find('Z', { ctrlKey: true, shiftKey: true })).toBe('redo');
    expect(find('y', { ctrlKey: true })).toBe('redo');
    expect(find('y')).toBe('side-by-side');
  });

  it('takes Command for Control on a Mac, and not the other', () => {
    expect(find('z', { metaKey: true }, true)).toBe('undo');
    expect(find('z', { ctrlKey: true }, true)).toBeNull();
    expect(find('z', { metaKey: true })).toBeNull();
  });

  it('reads signs as typed, whatever Shift the keyboard needs for them', () => {
    expect(find('?', { shiftKey: true })).toBe('keys');
    expect(find('+', { shiftKey: true })).toBe('zoom-in');
    expect(find('=')).toBe('zoom-in');
    expect(find('\\')).toBe('before');
  });

  it('goes by the physical key under Alt, which types other characters on a Mac', () => {
    expect(find('¡', { altKey: true, code: 'Digit1' }, true)).toBe('step-segment');
    expect(find('5', { altKey: true, code: 'Digit5' })).toBe('step-upscale');
  });

  it('tells Enter, Shift+Enter and Control+Enter apart', () => {
    expect(find('Enter')).toBe('next-step');
    expect(find('Enter', { shiftKey: true })).toBe('previous-step');
    expect(find('Enter', { ctrlKey: true })).toBe('run');
  });

  it('finds every command by every key it names', () => {
    for (const command of commands) {
      for (const text of command.keys) {
        const { mod, shift, alt, key } = parseAccelerator(text);
        const typed = key === 'space' ? ' ' : key;
        const code = key === 'space' ? 'Space' : press(key).code;
        const found = find(typed, { ctrlKey: mod, shiftKey: shift, altKey: alt, code });
        expect(found, text).toBe(command.id);
      }
    }
  });

  it('lets only keys that type nothing act while text is typed', () => {
    expect(worksWhileTyping(press('z', { ctrlKey: true }), false)).toBe(true);
    expect(worksWhileTyping(press('z'), false)).toBe(false);
    expect(worksWhileTyping(press('Escape'), false)).toBe(true);
    expect(worksWhileTyping(press('1', { altKey: true }), false)).toBe(false);
  });
});

it('writes keys as the system does', () => {
  expect(writeKeys('Mod+Shift+Z', true)).toBe('⌘⇧Z');
  expect(writeKeys('Mod+Shift+Z', false)).toBe('Ctrl+Shift+Z');
  expect(writeKeys('+', false)).toBe('+');
  expect(writeKeys('Escape', false)).toBe('Esc');
});
