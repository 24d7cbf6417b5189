import { useEffect, useRef } from 'react';
import { join } from '../ui/join.ts';
import { createDeepZoom, followCamera } from './deep-zoom.ts';
import { type LayerSpec, LayerStack } from './layer-stack.ts';

interface PaneProps {
  readonly className: string;
  readonly label: string;
  readonly layers: readonly LayerSpec[];
  readonly clip?: string | undefined;
}

/** One deep zoom. */
export function Pane({ className, label, layers, clip }: PaneProps) {
  const host = useRef<HTMLDivElement>(null);
  const stack = useRef<LayerStack>(null);
  const wanted = JSON.stringify(layers);

  useEffect(() => {
    if (!host.current) return;
    const viewer = createDeepZoom(host.current);
    const unfollow = followCamera(viewer);
    stack.current = new LayerStack(viewer);
    return () => {
      unfollow();
      stack.current = null;
      viewer.destroy();
    };
  }, []);

  useEffect(() => stack.current?.show(JSON.parse(wanted) as LayerSpec[]), [wanted]);

  return (
    <div
      ref={host}
      className={join('pane', className)}
      role="img"
      aria-label={label}
      style={{ clipPath: clip ?? 'none' }}
    />
  );
}
