import { setView, useView } from '../state/view.ts';
import { isInside, type PhotoPoint, toPhoto, useCamera } from './camera.ts';
import { panBy, zoomBy } from './move.ts';
import { readSample } from './sample.ts';
import { noTool, type PointerTool, toolOf } from './tool.ts';

/** CSS pixels that the pointer may travel within a click. */
const CLICK = 4;

interface Gesture {
  readonly kind: 'pan' | 'tool' | 'undecided';
  readonly tool: PointerTool;
  readonly fromX: number;
  readonly fromY: number;
  lastX: number;
  lastY: number;
}

/** Listens to pointer and wheel over the panes; gives what ends that. */
export function attachSurface(surface: HTMLElement): () => void {
  let gesture: Gesture | null = null;
  let space = false;
  const signal = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(
    name: K,
    listener: (event: HTMLElementEventMap[K]) => void,
    options: AddEventListenerOptions = {},
  ) => surface.addEventListener(name, listener, { ...options, signal: signal.signal });

  const panePoint = (event: MouseEvent): PhotoPoint => {
    const box = surface.getBoundingClientRect();
    const { paneWidth } = useCamera.getState();
    // Side by side both panes show the same place: the pointer means it in either.
    return { x: (event.clientX - box.left) % Math.max(1, paneWidth), y: event.clientY - box.top };
  };
  const photoPoint = (event: MouseEvent): PhotoPoint => {
    const p = panePoint(event);
    return toPhoto(useCamera.getState(), p.x, p.y);
  };
  const tool = () => (space ? noTool : toolOf(useView.getState().step));
  const setCursor = () => {
    surface.style.cursor = gesture?.kind === 'pan' ? 'grabbing' : tool().cursor;
  };

  // On the area around it: the wheel means the photo over markers and handles too.
  surface.parentElement?.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const { x, y } = panePoint(event);
      const lines = event.deltaMode === 1 ? 30 : 1;
      const speed = event.ctrlKey ? 0.012 : 0.0022;
      zoomBy(Math.exp(-event.deltaY * lines * speed), x, y);
    },
    { passive: false, signal: signal.signal },
  );

  on('pointerdown', (event) => {
    if (event.button > 1) return;
    focusQuietly(surface);
    surface.setPointerCapture(event.pointerId);
    setView({ crosshair: null });
    const used = tool();
    const kind = event.button === 1 || space ? 'pan' : used.drags ? 'tool' : 'undecided';
    gesture = {
      kind,
      tool: used,
      fromX: event.clientX,
      fromY: event.clientY,
      lastX: event.clientX,
      lastY: event.clientY,
    };
    if (kind === 'tool') used.down?.(photoPoint(event), event);
    setCursor();
  });

  on('pointermove', (event) => {
    const point = photoPoint(event);
    readPointer(point);
    if (!gesture) {
      tool().hover?.(isInside(useCamera.getState(), point) ? point : null, event);
      setCursor();
      return;
    }
    if (gesture.kind === 'tool') {
      const all = event.getCoalescedEvents?.() ?? [];
      gesture.tool.move?.((all.length > 0 ? all : [event]).map(photoPoint), event);
      return;
    }
    const far = Math.hypot(event.clientX - gesture.fromX, event.clientY - gesture.fromY) > CLICK;
    if (gesture.kind === 'undecided' && far) gesture = { ...gesture, kind: 'pan' };
    if (gesture.kind === 'pan') panBy(event.clientX - gesture.lastX, event.clientY - gesture.lastY);
    gesture.lastX = event.clientX;
    gesture.lastY = event.clientY;
    setCursor();
  });

  on('pointerup', (event) => {
    const done = gesture;
    gesture = null;
    setCursor();
    if (!done) return;
    const point = photoPoint(event);
    if (done.kind === 'tool') done.tool.up?.(point, event);
    else if (done.kind === 'undecided' && isInside(useCamera.getState(), point))
      done.tool.click?.(point, event);
  });
  on('pointercancel', () => {
    if (gesture?.kind === 'tool') gesture.tool.abandon?.();
    gesture = null;
    setCursor();
  });
  on('pointerleave', () => {
    readPointer(null);
    if (!gesture) tool().hover?.(null, { altKey: false });
  });
  on('auxclick', (event) => event.preventDefault());

  // Space pans while it is held, wherever the focus is, except where it types or presses a button.
  const onSpace = (event: KeyboardEvent) => {
    if (event.code !== 'Space') return;
    const down = event.type === 'keydown' && surface.matches(':hover');
    if (down && isControl(event.target)) return;
    if (down) event.preventDefault();
    space = down;
    setCursor();
  };
  window.addEventListener('keydown', onSpace, { signal: signal.signal });
  window.addEventListener('keyup', onSpace, { signal: signal.signal });
  window.addEventListener('blur', () => (space = false), { signal: signal.signal });
  setCursor();
  return () => signal.abort();
}

/** Focus that nobody asked for with the keyboard wears no ring. */
export function focusQuietly(surface: HTMLElement | null): void {
  if (!surface) return;
  surface.dataset['quiet'] = 'true';
  surface.focus({ preventScroll: true });
}

/** True for what takes Space and Enter for itself. */
export function isControl(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('button, input, textarea, select, summary, a, [role="slider"], [role="menuitem"]') !== null
  );
}

function readPointer(point: PhotoPoint | null): void {
  const inside = point && isInside(useCamera.getState(), point) ? point : null;
  const pointer = inside && { x: Math.floor(inside.x), y: Math.floor(inside.y) };
  setView(pointer ? { pointer } : { pointer: null, samples: null });
  if (pointer) readSample(pointer);
}
