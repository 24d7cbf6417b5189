import { useEffect, useState } from 'react';
import { askQuietly } from './bridge.ts';

/** The text of a `json` intermediate, read again when its id changes; null until it is there. */
export function useLayerJson(layer: string | null): unknown {
  const [read, setRead] = useState<{ readonly layer: string; readonly value: unknown } | null>(null);
  useEffect(() => {
    if (!layer) return;
    let live = true;
    void askQuietly('layer.json', { layer }).then((value) => live && setRead({ layer, value }));
    return () => {
      live = false;
    };
  }, [layer]);
  return layer ? (read?.value ?? null) : null;
}
