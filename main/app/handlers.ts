import { basename, join } from 'node:path';
import type { z } from 'zod';
import type { Calls, Channel, ResponseOf } from '../../preload/contract.ts';
import type { Tiles } from '../engine/tiles.ts';
import { RequestError } from '../errors.ts';
import type { BatchDesk } from './batch-desk.ts';
import { deliverDocument } from './deliver.ts';
import { type Desk, homeOf } from './desk.ts';
import type { Dialogs } from './dialogs.ts';
import {
  importMask,
  importProduct,
  saveCopy,
  writeAllIntermediates,
  writeIntermediate,
} from './document-files.ts';
import type { OpenDocument } from './open-document.ts';
import type { Pictures } from './pictures.ts';
import { colorPreviews, maskPreviews } from './previews.ts';
import type { Program } from './program.ts';
import type { RecipesDesk } from './recipes-desk.ts';
import type { Recents } from './recents.ts';
import type { SamplePhoto } from './samples.ts';

/** What the calls work with; nothing of it is Electron's. */
export interface CallContext {
  readonly desk: Desk;
  readonly batch: BatchDesk;
  readonly recipes: RecipesDesk;
  readonly program: Program;
  readonly recents: Recents;
  readonly samples: readonly SamplePhoto[];
  readonly pictures: Pictures;
  readonly tiles: Tiles;
  readonly dialogs: Dialogs;
  /** Shows a file in the system's file manager. */
  reveal(path: string): void;
}

type Parsed<C extends Channel> = z.output<Calls[C]['request']>;
export type Handlers = {
  readonly [C in Channel]: (request: Parsed<C>) => Promise<ResponseOf<C>> | ResponseOf<C>;
};

/** An answer for every call of the contract. What they throw is told to the window by main/app/answer.ts. */
export function createHandlers(context: CallContext): Handlers {
  return {
    ...appCalls(context),
    ...documentCalls(context),
    ...editCalls(context),
    ...pictureCalls(context),
    ...recipesCalls(context),
    ...batchCalls(context),
  };
}

type Some<Prefix extends string> = Pick<Handlers, Extract<Channel, `${Prefix}.${string}`>>;

function appCalls({ program, recents }: CallContext): Some<'app'> {
  return {
    'app.state': () => program.lookAgain(),
    'app.preferences': (changes) => program.setPreferences(changes),
    'app.forget': async ({ recent }) => {
      await recents.forget(recent);
      return program.state();
    },
  };
}

function documentCalls(context: CallContext): Some<'document' | 'folder'> {
  const { desk, dialogs, recents, samples, reveal } = context;
  return {
    'document.state': () => desk.document?.state ?? null,
    'document.choose': async (kind) => {
      const path = kind === 'folder' ? await dialogs.openFolder('Open folder') : await dialogs.openFile(kind);
      return path === null ? null : desk.open([path]);
    },
    'document.recent': ({ id }) => desk.openProject(recents.pathOf(id)),
    'document.sample': ({ id }) => {
      const sample = samples.find((each) => each.id === id);
      if (!sample) throw new RequestError('There is no such sample', 'Choose another one');
      return desk.openSample(sample);
    },
    'document.close': async () => {
      await desk.close();
      return null;
    },
    'document.reveal': () => {
      reveal(desk.damaged ?? desk.requireDocument().bench.project.path);
      return null;
    },
    'document.copy': async () => {
      const document = desk.requireDocument();
      const stem = basename(document.state.name, '.davenport');
      const answer = await dialogs.saveFile({
        title: 'Save a copy',
        suggested: join(homeOf(document), `${stem}-copy.davenport`),
        kind: 'Davenport project',
        endings: ['davenport'],
      });
      return answer === null ? null : basename(await saveCopy(document, answer));
    },
    'document.recover': () => desk.recover(),
    'folder.state': () => desk.folder,
    'folder.open': ({ photo }) => desk.openFolderPhoto(photo),
  };
}

function editCalls({ desk, batch }: CallContext): Some<'recipe' | 'edit' | 'run' | 'variations'> {
  const changed = (change: (document: OpenDocument) => void) => {
    const document = desk.requireDocument();
    change(document);
    document.refresh();
    return document.state;
  };
  const prepared = (change: (document: OpenDocument) => void) => {
    const state = changed(change);
    void desk.document?.prepare();
    return state;
  };
  const awaited = async (work: (document: OpenDocument) => Promise<unknown>) => {
    const document = desk.requireDocument();
    await work(document);
    return document.state;
  };
  return {
    'recipe.change': ({ edit, stage, values, label, commit }) =>
      changed((document) => document.book.change(edit, stage, values, label, commit)),
    'recipe.undo': () => changed((document) => document.book.undo()),
    'recipe.redo': () => changed((document) => document.book.redo()),
    'recipe.visit': ({ revision }) => changed((document) => document.book.visit(revision)),
    'edit.add': () => prepared((document) => document.book.addEdit(batch.template)),
    'edit.remove': ({ edit }) => prepared((document) => document.book.removeEdit(edit)),
    'edit.choose': ({ edit }) => prepared((document) => document.book.chooseEdit(edit)),
    'run.start': ({ until }) => awaited((document) => document.run(until)),
    'run.cancel': () => {
      void desk.document?.cancel();
      return null;
    },
    'variations.run': ({ edit, seeds }) => awaited((document) => document.runVariations(edit, seeds)),
    'variations.lock': ({ edit, seed, locked }) =>
      changed((document) => document.lockVariation(edit, seed, locked)),
  };
}

function pictureCalls(context: CallContext): Some<'mask' | 'color' | 'product' | 'layer' | 'deliver'> {
  const { desk, dialogs, tiles, reveal } = context;
  const masks = maskPreviews(context.pictures);
  const colors = colorPreviews(context.pictures);
  let delivered: string | null = null;
  return {
    'mask.preview': (request) => masks.ask(desk.requireDocument(), request),
    'color.preview': (request) => colors.ask(desk.requireDocument(), request),
    'mask.import': async ({ edit }) => {
      const document = desk.requireDocument();
      const path = await dialogs.openFile('mask');
      if (path === null) return null;
      await importMask(document, edit, path);
      return document.state;
    },
    'product.choose': async ({ edit }) => {
      const document = desk.requireDocument();
      const path = await dialogs.openFile('product');
      if (path === null) return null;
      await importProduct(document, edit, path);
      return document.state;
    },
    'layer.info': ({ layer }) => tiles.info(desk.layer(layer)),
    'layer.json': ({ layer }) => desk.requireDocument().readJson(layer),
    'layer.sample': ({ layer, x, y }) => tiles.sample(desk.layer(layer), x, y),
    'layer.reveal': async ({ layer }) => {
      const document = desk.requireDocument();
      const path = await writeIntermediate(document, document.describe(layer));
      reveal(path);
      return basename(path);
    },
    'layer.exportAll': async () => {
      const document = desk.requireDocument();
      const folder = await dialogs.openFolder('Export all intermediates');
      return folder === null ? null : writeAllIntermediates(document, folder);
    },
    'deliver.run': async (request) => {
      const document = desk.requireDocument();
      const path = await deliverDocument(document, request, homeOf(document), dialogs);
      if (path === null) return null;
      delivered = path;
      return document.state;
    },
    'deliver.reveal': () => {
      const { delivery } = desk.requireDocument().state;
      const path = delivered ?? (delivery ? join(delivery.folder, delivery.file) : null);
      if (path === null) throw new RequestError('Nothing has been delivered yet', 'Deliver it first');
      reveal(path);
      return null;
    },
  };
}

function recipesCalls({ recipes }: CallContext): Some<'recipes'> {
  return {
    'recipes.list': () => recipes.list(),
    'recipes.folder': (what) => recipes.chooseFolder(what),
    'recipes.apply': (request) => recipes.apply(request),
    'recipes.detach': (request) => recipes.detach(request),
    'recipes.save': (request) => recipes.save(request),
  };
}

function batchCalls({ batch, desk, reveal }: CallContext): Some<'batch'> {
  return {
    'batch.state': () => batch.state,
    'batch.begin': (request) => batch.begin(desk.requireFolder(), request),
    'batch.runOn': (request) => batch.runOn(request),
    'batch.page': ({ offset, limit }) => batch.page(offset, limit),
    'batch.start': () => batch.start(),
    'batch.pause': () => batch.pause(),
    'batch.act': (request) => batch.act(request),
    'batch.move': ({ id, before }) => batch.move(id, before),
    'batch.click': ({ id }) => batch.click(id),
    'batch.clicked': ({ skip }) => batch.clicked(skip),
    'batch.back': () => batch.back(),
    'batch.open': ({ id }) => batch.openItem(id),
    'batch.reveal': async (what) => {
      reveal(await batch.reveal(what));
      return null;
    },
  };
}
