import { useView } from '../state/view.ts';
import { isControl } from '../viewer/surface.ts';
import { findCommand, worksWhileTyping } from './keys.ts';
import { isHeld, runCommand } from './registry.ts';

/** One listener for every key of the window and every command of the menu; gives what ends that. */
export function listenForCommands(): () => void {
  const mac = navigator.platform.startsWith('Mac');
  const signal = new AbortController();
  const options = { signal: signal.signal };
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (isTyping(event.target) && !worksWhileTyping(event, mac)) return;
      const command = findCommand(event, mac);
      if (!command) return;
      const plain = !event.ctrlKey && !event.metaKey;
      // A focused button keeps Space and Enter; the sheet that lies over the window keeps everything but its own.
      if (plain && (event.key === ' ' || event.key === 'Enter') && isControl(event.target)) return;
      if (useView.getState().sheet === 'keys' && command.id !== 'keys') return;
      if (command.keys.some((k) => k.endsWith('Space')) && !useView.getState().crosshair) return;
      if (event.repeat && !repeats.has(command.id)) return event.preventDefault();
      if (runCommand(command.id, isHeld(command.id) ? 'down' : 'press')) event.preventDefault();
    },
    options,
  );
  window.addEventListener(
    'keyup',
    (event) => {
      if (event.key === '\\') runCommand('before', 'up');
    },
    options,
  );
  window.addEventListener('blur', () => runCommand('before', 'up'), options);
  const off = window.davenport.on('command', (id) => runCommand(id));
  return () => {
    signal.abort();
    off();
  };
}

const repeats: ReadonlySet<string> = new Set([
  'undo',
  'redo',
  'zoom-in',
  'zoom-out',
  'brush-smaller',
  'brush-larger',
  'grow',
  'shrink',
]);

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type="checkbox"]), textarea'))
  );
}
