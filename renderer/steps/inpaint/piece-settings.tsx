import { FlipHorizontal2, ImagePlus, RotateCcw, X } from 'lucide-react';
import { keysOf } from '../../commands/keys.ts';
import { Lockable } from '../../recipes/lockable.tsx';
import { useLayerJson } from '../../state/json.ts';
import { commit, hold, useParams } from '../../state/params.ts';
import { findLayer, useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { SliderRow } from '../../ui/slider-row.tsx';
import { ValueField } from '../../ui/value-field.tsx';
import { chooseProduct, dropProduct, flipPiece } from './actions.ts';
import { PiecePicker } from './piece-picker.tsx';
import { isPlacement } from './placement.ts';

const words = t.inpaint;

/** Which piece, or whose product; its size, turn and place. */
export function PieceSettings() {
  const params = useParams('inpaint');
  return (
    <>
      {params.product === null && (
        <Lockable params={['inpaint.piece']}>
          <PiecePicker />
        </Lockable>
      )}
      <Lockable params={['inpaint.product']}>
        <ProductDrop product={params.product} />
      </Lockable>
      <Lockable params={['inpaint.scale']}>
        <Size />
      </Lockable>
      <Lockable params={['inpaint.yaw']}>
        <SliderRow
          label={words.turn}
          value={params.yaw}
          min={-180}
          max={180}
          step={1}
          text={words.degrees(Math.round(params.yaw))}
          onDraft={(yaw) => hold('inpaint', { yaw })}
          onCommit={(yaw) => commit('inpaint', { yaw }, words.history.turn)}
        />
      </Lockable>
      <div className="pair">
        <Lockable params={['inpaint.flip']}>
          <Button aria-pressed={params.flip} aria-keyshortcuts={keysOf('flip')} onClick={flipPiece}>
            <FlipHorizontal2 aria-hidden />
            {words.flip}
          </Button>
        </Lockable>
        <Button
          disabled={params.move.x === 0 && params.move.y === 0 && params.scale === 1 && params.yaw === 0}
          onClick={() => commit('inpaint', { move: { x: 0, y: 0 }, scale: 1, yaw: 0 }, words.history.reset)}
        >
          <RotateCcw aria-hidden />
          {words.reset}
        </Button>
      </div>
    </>
  );
}

/** Width, depth and height as they stand in the room; typing one scales all. */
function Size() {
  const document = useDocument();
  const found = useLayerJson(findLayer(document, 'inpaint.place/placement'));
  if (!isPlacement(found)) return null;
  const { sizeCm, handles } = found;
  const sides = ['width', 'depth', 'height'] as const;
  return (
    <div className="sizes" role="group" aria-label={words.size}>
      {sides.map((side) => (
        <label key={side}>
          <span>{words.sides[side]}</span>
          <ValueField
            className="input"
            label={words.sides[side]}
            value={sizeCm[side]}
            text={words.cm(Math.round(sizeCm[side]))}
            min={10}
            max={1000}
            step={1}
            onChange={(cm) => {
              const scale = Math.min(10, Math.max(0.1, (handles.scaled * cm) / sizeCm[side]));
              if (Math.abs(scale / handles.scaled - 1) > 0.002)
                commit('inpaint', { scale: Number(scale.toFixed(4)) }, words.history.size);
            }}
          />
        </label>
      ))}
    </div>
  );
}

/** The client's own picture: in place of a piece of the catalogue, or as what a painting is to look like. */
export function ProductDrop({ product }: { readonly product: string | null }) {
  return (
    <div
      className="product"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        void dropProduct([...event.dataTransfer.files]);
      }}
    >
      <button type="button" className="product-button" onClick={() => void chooseProduct()}>
        <ImagePlus aria-hidden />
        <span>
          {product ? words.productIn : words.product}
          <small>{product ? words.productChange : words.productHint}</small>
        </span>
      </button>
      {product && (
        <IconButton
          label={words.productRemove}
          onClick={() => commit('inpaint', { product: null }, words.history.noProduct)}
        >
          <X aria-hidden />
        </IconButton>
      )}
    </div>
  );
}
