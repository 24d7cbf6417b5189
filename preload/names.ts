/** Names alone, without schemas: all of the contract that the preload itself needs. */

/** Every call of the contract; main/app/ipc.ts fails to compile where one is missing here. */
export const callNames = [
  'app.state',
  'app.preferences',
  'app.forget',
  'document.state',
  'document.choose',
  'document.recent',
  'document.sample',
  'document.close',
  'document.reveal',
  'document.copy',
  'document.recover',
  'folder.state',
  'folder.open',
  'recipe.change',
  'recipe.undo',
  'recipe.redo',
  'recipe.visit',
  'edit.add',
  'edit.remove',
  'edit.choose',
  'run.start',
  'run.cancel',
  'mask.preview',
  'color.preview',
  'mask.import',
  'product.choose',
  'variations.run',
  'variations.lock',
  'layer.info',
  'layer.json',
  'layer.sample',
  'layer.reveal',
  'layer.exportAll',
  'deliver.run',
  'deliver.reveal',
  'recipes.list',
  'recipes.folder',
  'recipes.apply',
  'recipes.detach',
  'recipes.save',
  'batch.state',
  'batch.runOn',
  'batch.begin',
  'batch.page',
  'batch.start',
  'batch.pause',
  'batch.act',
  'batch.move',
  'batch.click',
  'batch.clicked',
  'batch.back',
  'batch.open',
  'batch.reveal',
] as const;

/** Every event of the contract. */
export const eventNames = [
  'document.changed',
  'folder.changed',
  'app.changed',
  'app.failed',
  'run.progress',
  'batch.changed',
  'command',
] as const;

/** The channel behind `Bridge.dropped`: the preload alone turns Files into paths. */
export const droppedChannel = 'document.dropped';

/** Scheme and host of all that the window loads: `davenport://app/index.html`. */
export const appScheme = 'davenport';
export const appHost = 'app';

/**
 * Where pictures are, on the window's own origin. Below it: `layer/<LayerId>/<level>/<column>_<row>` (see LayerInfo),
 * `thumb/<LayerId>` (long side 320), `picture/<opaque id>` for catalogue pieces, recent projects, samples, photos of a
 * folder and mask previews. With `?tint=rrggbb` pictures of one channel come as this color with their samples as alpha.
 */
export const picturesPath = '/pictures/';
