import type { PrintSize } from '../../../main/pipeline/stages/upscale/params.ts';
import { commit } from '../../state/params.ts';
import { useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { ValueField } from '../../ui/value-field.tsx';
import { printOfHeight, printOfWidth, printScale } from './size.ts';

const words = t.upscale;

/** The print's sides in centimetres (they keep the photo's shape) and its dots per inch. */
export function PrintFields({ print }: { readonly print: PrintSize }) {
  const { photo } = useDocument();
  const set = (next: PrintSize) => commit('upscale', { print: next }, words.history.print);
  const scale = printScale(photo, print);
  return (
    <>
      <div className="sizes" role="group" aria-label={words.print}>
        <label>
          <span>{words.width}</span>
          <ValueField
            className="input"
            label={words.width}
            value={print.widthCm}
            text={words.cm(print.widthCm)}
            min={1}
            max={1000}
            step={1}
            onChange={(cm) => set(printOfWidth(photo, cm, print.dpi))}
          />
        </label>
        <label>
          <span>{words.height}</span>
          <ValueField
            className="input"
            label={words.height}
            value={print.heightCm}
            text={words.cm(print.heightCm)}
            min={1}
            max={1000}
            step={1}
            onChange={(cm) => set(printOfHeight(photo, cm, print.dpi))}
          />
        </label>
        <label>
          <span>{words.dpi}</span>
          <ValueField
            className="input"
            label={words.dpi}
            value={print.dpi}
            text={String(print.dpi)}
            min={36}
            max={1200}
            step={1}
            onChange={(dpi) => set({ ...print, dpi })}
          />
        </label>
      </div>
      {scale > 4 && <p className="note small warn">{words.tooLarge(scale)}</p>}
    </>
  );
}
