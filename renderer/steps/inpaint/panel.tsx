import type { InpaintParams } from '../../../main/pipeline/stages/inpaint/params.ts';
import type { DocumentState } from '../../../preload/contract.ts';
import { keysOf } from '../../commands/keys.ts';
import { runCommand } from '../../commands/registry.ts';
import { Lockable } from '../../recipes/lockable.tsx';
import { useModel } from '../../state/model.ts';
import { commit, useParams } from '../../state/params.ts';
import { hasReplacement, hasTarget, stageState, useDocument } from '../../state/select.ts';
import { t } from '../../strings.ts';
import { Button } from '../../ui/button.tsx';
import { Picker } from '../../ui/picker.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { Panel } from '../panel.tsx';
import { DiffuseSettings } from './diffuse-settings.tsx';
import { PieceSettings } from './piece-settings.tsx';
import { PromptField } from './prompt-field.tsx';
import { Variations } from './variations.tsx';

const words = t.inpaint;

const set = (values: Partial<InpaintParams>, label: string): void => commit('inpaint', values, label);

/** What takes the object's place. */
export function InpaintPanel() {
  const document = useDocument();
  const params = useParams('inpaint');
  const packs = (useModel((m) => m.app)?.packs ?? []).filter((pack) => pack.serves.includes('diffuse'));
  const engines = words.engines.map((choice) =>
    choice.value === 'diffuse'
      ? { ...choice, ...(packs.length === 0 ? { disabled: true, hint: words.needsPack } : {}) }
      : choice,
  );
  const chooseEngine = (engine: InpaintParams['engine']) =>
    set(
      { engine, pack: engine === 'diffuse' ? (params.pack ?? packs[0]?.id ?? null) : null },
      words.history.engine,
    );
  return (
    <Panel
      stage="inpaint"
      text={describe(document, params.engine)}
      foot={params.engine === 'diffuse' && <PaintButton />}
    >
      <Lockable params={['inpaint.engine']}>
        <Segmented label={words.engine} value={params.engine} choices={engines} onChange={chooseEngine} />
      </Lockable>
      {params.engine === 'diffuse' && (
        <Lockable params={['inpaint.pack']}>
          <Picker
            label={words.pack}
            value={params.pack ?? ''}
            options={packs.map(({ id, title, licence }) => ({ value: id, label: title, detail: licence }))}
            onChange={(pack) => set({ pack }, words.history.pack)}
          />
        </Lockable>
      )}
      {params.engine !== 'remove' && (
        <Lockable params={['inpaint.prompt']}>
          <PromptField />
        </Lockable>
      )}
      {params.engine === 'place' && <PieceSettings />}
      {params.engine === 'diffuse' && <DiffuseSettings />}
      {hasVariations(params) && <Variations />}
    </Panel>
  );
}

/** A product picture is set as it is: no seed changes it. */
function hasVariations({ engine, product }: InpaintParams): boolean {
  return engine === 'diffuse' || (engine === 'place' && product === null);
}

/** What the step does, or what it waits for. */
function describe(document: DocumentState, engine: InpaintParams['engine']): string {
  if (!hasTarget(document)) return words.needsMask;
  return hasReplacement(document) ? words.texts[engine] : words.needsWords;
}

/** Diffusion takes minutes on a CPU: it waits to be asked. */
function PaintButton() {
  const document = useDocument();
  const running = useModel((m) => m.progress?.stage === 'inpaint');
  const done = stageState(document, 'inpaint')?.state === 'done';
  return (
    <Button
      look="primary"
      wide
      disabled={running || done || !hasTarget(document)}
      aria-keyshortcuts={keysOf('run')}
      onClick={() => runCommand('run')}
    >
      {done ? words.painted : words.paint}
      <span className="key">{keysOf('run')}</span>
    </Button>
  );
}
