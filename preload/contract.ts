/**
 * Everything that crosses between the window and the main process, once: calls with the schema their payload is
 * parsed by, events, and the state that the window shows. Ids and values cross, never pixels and never paths that
 * the window could choose: pictures come by addresses with opaque ids, files through dialogs and
 * drops.
 */
import { z } from 'zod';
import type { ErrorRecord } from '../main/errors.ts';
import type { MemoryPreset } from '../main/inference/memory.ts';
import type { StageId } from '../main/pipeline/graph.ts';
import type { Status } from '../main/pipeline/outcome.ts';
import type { Recipe } from '../main/pipeline/recipe.ts';
import { boxSchema, clickSchema } from '../main/pipeline/stages/segment/params.ts';
import type { CommandId } from './commands.ts';

export {
  appHost,
  appScheme,
  callNames,
  droppedChannel,
  eventNames,
  picturesPath,
} from './names.ts';

export type { ErrorRecord, Recipe, StageId, Status };

// ---------------------------------------------------------------- state

/** A picture the viewer can show: opaque, good while the document is open. */
export type LayerId = string;

/** A saved intermediate, in pipeline order. All sizes are photo pixels of the upright frame. */
export interface Intermediate {
  readonly id: LayerId;
  /** `<edit index>/<node id>/<artifact>`: the same from run to run, so that a selection survives one. */
  readonly key: string;
  /** As the file of `--save-intermediates` is called, without its ending: `1-mask`, `4-composite`. */
  readonly name: string;
  readonly stage: StageId;
  readonly edit: number;
  /** `json` is text, not a picture: read it with `layer.json`. */
  readonly kind: 'photo' | 'mask' | 'depth' | 'logits' | 'gains' | 'object' | 'json';
  /** Null where there is nothing to show: json, or never made. A stale one keeps what was made last. */
  readonly width: number | null;
  readonly height: number | null;
  /** `reused` and `ran` can be shown; `pending` is stale or not made yet. */
  readonly status: Status;
  /** Of the node's last run, ms. */
  readonly ms: number | null;
  readonly modelMs: number | null;
  readonly provider: string | null;
  readonly peakRssMb: number | null;
  /** The node's metrics: predicted IoU, stability, checked and differing pixels, notes … */
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly sha256: string | null;
  /** What diagnosis says of it; null until there is one. */
  readonly verdict: { readonly level: 'good' | 'doubtful' | 'bad'; readonly text: string } | null;
}

/** A stage of one edit as the rail shows it. */
export interface StageState {
  readonly stage: StageId;
  /** `empty`: it or a stage before lacks what the user must give (a click, a prompt); `stale`: it waits to be run. */
  readonly state: 'empty' | 'stale' | 'running' | 'done' | 'failed';
  /** Time of the last run, ms; 0 where all was reused. */
  readonly ms: number | null;
  readonly error: ErrorRecord | null;
  /** What its thumbnail shows; null where there is nothing yet. */
  readonly thumbnail: LayerId | null;
}

/** What is being computed. */
export interface Running {
  readonly stage: StageId;
  readonly edit: number;
  /** The node's id and what it says it does. */
  readonly node: string;
  readonly label: string | null;
  /** Of the node, 0–1; null where it cannot be known. */
  readonly done: number | null;
  /** Of the whole request, 0–1, by the nodes' usual times. */
  readonly total: number;
  /** A preview while sampling, where the engine makes one. */
  readonly preview: LayerId | null;
}

/** One variation of the inpaint stage: a seed with its result. */
export interface Variation {
  readonly seed: number;
  /** Kept when the others are rolled again. */
  readonly locked: boolean;
  readonly chosen: boolean;
  /** Its composite; null while it waits or runs. */
  readonly layer: LayerId | null;
  readonly status: Status;
}

export interface HistoryItem {
  readonly id: number;
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly place: 'undo' | 'head' | 'redo' | 'branch';
}

/** What was delivered last. */
export interface Delivery {
  /** Name without its folder. */
  readonly file: string;
  readonly folder: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly format: string;
  readonly profile: string | null;
  readonly dpi: number | null;
  readonly ms: number;
  /** Pixels outside the edit that were compared with the source, and how many differ (0). */
  readonly identity: { readonly checked: number | null; readonly differing: number | null };
}

/** The open project. Sent whole after every change: it holds no pixels. */
export interface DocumentState {
  /** Grows with every state that is made: an answer may arrive after the event that tells what came later. */
  readonly sequence: number;
  /** The project file's name, without folder. */
  readonly name: string;
  readonly photo: {
    readonly layer: LayerId;
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly depth: 8 | 16;
    readonly profile: string | null;
    readonly notes: readonly string[];
  };
  /** As it stands, a draft included. */
  readonly recipe: Recipe;
  /** Index of the edit the window works on. */
  readonly edit: number;
  /** One row of five stages per edit; the upscale stage is the same in all. */
  readonly stages: readonly (readonly StageState[])[];
  readonly intermediates: readonly Intermediate[];
  readonly running: Running | null;
  /** The failure of the last run; null after the next begins. */
  readonly error: (ErrorRecord & { readonly stage: StageId; readonly action: ErrorAction | null }) | null;
  readonly variations: readonly Variation[];
  readonly history: readonly HistoryItem[];
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly delivery: Delivery | null;
  /** Everything is written to the project as it happens; false only while a write goes on. */
  readonly saved: boolean;
}

/** What an error offers to do, as a button. */
export const errorActions = [
  'retry',
  'choose-file',
  'choose-folder',
  'go-to-segment',
  'go-to-inpaint',
  'low-memory',
  'recover-project',
  'reveal-project',
] as const;
export type ErrorAction = (typeof errorActions)[number];

export interface RecentProject {
  /** Opaque. */
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  readonly at: number;
  /** A small picture, as a path below {@link Bridge.tiles}; null where it cannot be had. */
  readonly thumbnail: string | null;
  /** The file is gone or on a disk that is away. */
  readonly missing: boolean;
}

export interface Sample {
  readonly id: string;
  readonly title: string;
  /** A path below {@link Bridge.tiles}, here and wherever a `thumbnail` or `url` is text. */
  readonly thumbnail: string;
}

/** A piece of the catalogue. */
export interface Piece {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly style: readonly string[];
  /** As it comes: `#rrggbb`. */
  readonly color: string;
  readonly material: string;
  readonly seats: number;
  readonly widthCm: number;
  readonly depthCm: number;
  readonly heightCm: number;
  readonly thumbnail: string | null;
}

export interface PackSummary {
  readonly id: string;
  readonly title: string;
  readonly licence: string;
  readonly bytes: number;
  /**
   * Stages it serves, and `diffuse` where it can paint: then also `control:<kind>` for depth and what is drawn from the
   * photo, `reference` (IP-Adapter), `refine`, `picture` (InstructPix2Pix).
   */
  readonly serves: readonly string[];
}

/** Settings of the program, kept between starts. */
export interface Preferences {
  readonly memory: MemoryPreset;
  readonly provider: string;
  readonly drawer: boolean;
  readonly recipesFolder: string | null;
}

/** The program as a whole. */
export interface AppState {
  readonly version: string;
  readonly platform: 'darwin' | 'win32' | 'linux';
  /** True where the development host stands in for Electron. */
  readonly host: boolean;
  readonly recent: readonly RecentProject[];
  readonly samples: readonly Sample[];
  readonly pieces: readonly Piece[];
  readonly packs: readonly PackSummary[];
  readonly providers: readonly string[];
  readonly preferences: Preferences;
}

/** A photo found in a folder. */
export interface FoundPhoto {
  readonly id: string;
  /** Path inside the folder, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly thumbnail: string | null;
  /** Why it cannot be used, in one line. */
  readonly problem: string | null;
}

/** A dropped folder: its photos, ready for the batch. */
export interface FolderState {
  readonly name: string;
  readonly photos: readonly FoundPhoto[];
  /** Still being read. */
  readonly reading: boolean;
}

/** A file of the team's folder of recipes. */
export interface TeamRecipeCard {
  /** Its file's name, by which the calls know it. */
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly author: string;
  readonly prompt: string;
  /** As `stage.param`. */
  readonly locked: readonly string[];
  /** Why it cannot be used, in one line; null where it can. */
  readonly problem: string | null;
}

/** The team's folder as it was when it was asked for. */
export interface RecipesState {
  /** Its full path, to be shown; null where none is chosen. */
  readonly folder: string | null;
  /** Why it cannot be read, in one line. */
  readonly offline: string | null;
  readonly recipes: readonly TeamRecipeCard[];
  /** Every parameter that a recipe may lock, in pipeline order. */
  readonly lockable: readonly string[];
}

/** Where a batch runs: here, or on workers that share a queue and a storage. */
export interface RunPlace {
  readonly on: 'machine' | 'queue';
  /** `redis://host:port`; empty where none was given yet. */
  readonly url: string;
  /** The folder that all machines share; null where none was chosen yet. */
  readonly storage: string | null;
}

/** The workers of a queue. */
export interface WorkersSeen {
  readonly count: number;
  /** Photos that they take at a time, together. */
  readonly lanes: number;
  /** Seconds since the last sign of life; null where there is none. */
  readonly seconds: number | null;
}

export const batchStates = ['queued', 'running', 'paused', 'person', 'failed', 'skipped', 'done'] as const;
export type BatchItemState = (typeof batchStates)[number];

/** A folder that is worked through by one recipe. Its items are read a page at a time. */
export interface BatchState {
  /** The folder's name, and the name of the folder that results go to. */
  readonly name: string;
  readonly out: string;
  /** The recipe's name and what it puts in place. */
  readonly recipe: string;
  readonly prompt: string;
  /** `pausing`: what is at work is finished first. */
  readonly state: 'idle' | 'running' | 'pausing';
  readonly counts: Readonly<Record<BatchItemState, number>>;
  readonly found: number;
  /** Photos that nobody has clicked yet. */
  readonly unclicked: number;
  readonly runOn: RunPlace;
  /** Of the queue it runs on; null where it runs here, or nobody has looked yet. */
  readonly workers: WorkersSeen | null;
  /** Why the last run ended before its time, in one line with what to do; null where it did not. */
  readonly stopped: string | null;
  /** What is at work, with the stage it is in. */
  readonly atWork: readonly { readonly id: number; readonly name: string; readonly stage: StageId | null }[];
  /** The item whose photo is open for clicking, and how many are left with it. */
  readonly clicking: { readonly id: number; readonly left: number; readonly canGoBack: boolean } | null;
  /** Grows with every change of an item: pages are to be read again. */
  readonly revision: number;
}

/** An item of a batch as the list shows it. */
export interface BatchRow {
  readonly id: number;
  /** Path inside the folder, with forward slashes. */
  readonly name: string;
  readonly state: BatchItemState;
  /** Why it is not done, in one line, with the stage where one is to blame. */
  readonly reason: string | null;
  readonly stage: string | null;
  readonly seconds: number | null;
  /** 0–1; null where it was not judged. */
  readonly score: number | null;
  readonly before: string | null;
  readonly after: string | null;
}

/** A coarse answer to clicks, at once. */
export interface MaskPreview {
  /** One entry per proposal: its predicted IoU (0–1) and its share of the photo's area. */
  readonly proposals: readonly {
    /** Its number in `segment.proposal`. */
    readonly index: number;
    readonly kind: 'part' | 'object' | 'group';
    readonly quality: number;
    readonly area: number;
    /** Path below {@link Bridge.tiles} of a small grey PNG over the whole photo: 255 is inside. Takes `?tint`. */
    readonly url: string;
  }[];
  /** Index of the one `auto` would take. */
  readonly chosen: number;
}

/** Part of the composite as it would be. */
export interface ColorPreview {
  /** Path below {@link Bridge.tiles}. */
  readonly url: string;
  /** What it covers, photo pixels. */
  readonly rect: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** How a picture is tiled: level 0 is full size, each further one half of it (rounded up). */
export interface LayerInfo {
  readonly width: number;
  readonly height: number;
  readonly tile: number;
  readonly levels: number;
  /** Level that can be had at once, before the pyramid is built. */
  readonly ready: number;
}

// ---------------------------------------------------------------- calls

interface Call<Request extends z.ZodType, Response> {
  readonly request: Request;
  /** Exists for its type alone. */
  readonly response?: Response;
}
function call<Response>() {
  return <Request extends z.ZodType>(request: Request): Call<Request, Response> => ({ request });
}
const nothing = z.undefined();
const editIndex = z.int().min(0).max(99);
const stage = z.enum(['segment', 'depth', 'inpaint', 'color', 'upscale']);
const layer = z.string().regex(/^[\w-]{1,64}$/);
const values = z.record(z.string(), z.json());
/** A file's name in the team's folder. */
const recipeId = z.string().min(1).max(255);

/**
 * Calls of the window, answered by the main process. Every payload is parsed by its schema, every sender checked;
 * every answer is a {@link Result}. Files come in by {@link Bridge.dropped} alone, or by a dialog of the main process.
 */
export const calls = {
  'app.state': call<AppState>()(nothing),
  'app.preferences': call<AppState>()(
    z.strictObject({
      memory: z.enum(['low', 'balanced', 'high']).optional(),
      provider: z.string().max(20).optional(),
      drawer: z.boolean().optional(),
    }),
  ),
  'app.forget': call<AppState>()(z.strictObject({ recent: z.string() })),

  /** The open project, or null where the start screen shows. */
  'document.state': call<DocumentState | null>()(nothing),
  /** By a dialog: photo, project or folder. Null where it was dismissed. */
  'document.choose': call<DocumentState | FolderState | null>()(z.enum(['photo', 'project', 'folder'])),
  'document.recent': call<DocumentState>()(z.strictObject({ id: z.string() })),
  'document.sample': call<DocumentState>()(z.strictObject({ id: z.string() })),
  'document.close': call<null>()(nothing),
  /** Shows the project file, or the damaged one that could not be opened, in the system's file manager. */
  'document.reveal': call<null>()(nothing),
  /** "Save a copy": by a dialog; gives the file's name, null where it was dismissed. */
  'document.copy': call<string | null>()(nothing),
  /** Reads what can be read of a damaged project into a new file beside it and opens that. */
  'document.recover': call<DocumentState>()(nothing),
  'folder.state': call<FolderState | null>()(nothing),
  /** Opens one photo of the folder as a project. */
  'folder.open': call<DocumentState>()(z.strictObject({ photo: z.string() })),

  /**
   * Changes parameters of one stage. A draft (`commit: false`, a slider on its way) is run and shown but not
   * entered into the history; the next commit takes its place.
   */
  'recipe.change': call<DocumentState>()(
    z.strictObject({
      edit: editIndex,
      stage,
      values,
      /** What the history calls it. */
      label: z.string().min(1).max(120),
      commit: z.boolean(),
    }),
  ),
  'recipe.undo': call<DocumentState>()(nothing),
  'recipe.redo': call<DocumentState>()(nothing),
  'recipe.visit': call<DocumentState>()(z.strictObject({ revision: z.int() })),
  'edit.add': call<DocumentState>()(nothing),
  'edit.remove': call<DocumentState>()(z.strictObject({ edit: editIndex })),
  'edit.choose': call<DocumentState>()(z.strictObject({ edit: editIndex })),

  /**
   * Brings everything up to a stage up to date; answers when that is done, was cancelled or failed (the state says
   * which). A new call takes the place of one that is running.
   */
  'run.start': call<DocumentState>()(z.strictObject({ until: stage })),
  /** Stops at the next step; answers at once. */
  'run.cancel': call<null>()(nothing),

  /**
   * A coarse mask at once, committed to nothing: hovering, and the first answer to a click; with all that the clicks
   * may mean beside it where they are wanted too. Photo pixels.
   */
  'mask.preview': call<MaskPreview>()(
    z.strictObject({
      edit: editIndex,
      clicks: z.array(clickSchema).max(200),
      box: boxSchema.nullable(),
      withOthers: z.boolean(),
    }),
  ),
  /**
   * How the composite would look under other color settings, at once, committed to nothing. `level`: how often the
   * photo may be halved at the scale at which it is shown. Null where the stages before color are not finished.
   */
  'color.preview': call<ColorPreview | null>()(
    z.strictObject({ edit: editIndex, values, level: z.int().min(0).max(8) }),
  ),
  /** By a dialog: takes a mask file in place of clicks. */
  'mask.import': call<DocumentState | null>()(z.strictObject({ edit: editIndex })),
  /** By a dialog: the client's product picture. */
  'product.choose': call<DocumentState | null>()(z.strictObject({ edit: editIndex })),

  /** Runs the given seeds to their composite, one after the other, the chosen one's result first. */
  'variations.run': call<DocumentState>()(
    z.strictObject({ edit: editIndex, seeds: z.array(z.int().min(0)).max(16) }),
  ),
  'variations.lock': call<DocumentState>()(
    z.strictObject({ edit: editIndex, seed: z.int().min(0), locked: z.boolean() }),
  ),

  'layer.info': call<LayerInfo>()(z.strictObject({ layer })),
  'layer.json': call<unknown>()(z.strictObject({ layer })),
  /** Exact samples at a photo pixel, for the read-out under the pointer: in the layer's own depth. */
  'layer.sample': call<readonly number[]>()(z.strictObject({ layer, x: z.int().min(0), y: z.int().min(0) })),
  /** Writes the intermediate beside the project and shows it in the system's file manager; gives its name. */
  'layer.reveal': call<string>()(z.strictObject({ layer })),
  /** By a dialog: every intermediate as a numbered file. Gives how many, null where it was dismissed. */
  'layer.exportAll': call<number | null>()(nothing),

  /** By a dialog for the name: runs what is missing and writes the delivered frame. */
  'deliver.run': call<DocumentState | null>()(
    z.strictObject({
      format: z.enum(['jpeg', 'png', 'tiff', 'webp']),
      quality: z.int().min(1).max(100).optional(),
      /** The photo's own profile, or converted to sRGB. */
      profile: z.enum(['photo', 'srgb']),
    }),
  ),
  'deliver.reveal': call<null>()(nothing),

  /** The team's folder, read anew. */
  'recipes.list': call<RecipesState>()(nothing),
  /** Chooses the folder by a dialog (null where that was dismissed), or none. */
  'recipes.folder': call<RecipesState | null>()(z.enum(['choose', 'none'])),
  /** Takes a recipe over into an edit, as one step of the history; by a dialog for the file where no id is given. */
  'recipes.apply': call<DocumentState | null>()(z.strictObject({ edit: editIndex, id: recipeId.nullable() })),
  /** Lets go of the recipe of an edit: what it locked is open. */
  'recipes.detach': call<DocumentState>()(z.strictObject({ edit: editIndex })),
  /** Saves an edit into the folder; gives the file's name, null where that is taken and `replace` was not said. */
  'recipes.save': call<string | null>()(
    z.strictObject({
      edit: editIndex,
      name: z.string().trim().min(1).max(120),
      note: z.string().max(2000),
      author: z.string().max(120),
      locked: z.array(z.string().max(60)).max(200),
      replace: z.boolean(),
    }),
  ),

  'batch.state': call<BatchState | null>()(nothing),
  /** Where batches run: as it stands, or changed; the storage is chosen by a dialog. */
  'batch.runOn': call<RunPlace>()(
    z.strictObject({
      on: z.enum(['machine', 'queue']).optional(),
      url: z.string().trim().max(300).optional(),
      storage: z.literal('choose').optional(),
    }),
  ),
  /** Makes a batch of the open folder: by a recipe (of the folder, or a dialog asks for it), or by words for all. */
  'batch.begin': call<BatchState | null>()(
    z.union([
      z.strictObject({ recipe: z.literal('choose') }),
      z.strictObject({ team: recipeId }),
      z.strictObject({
        prompt: z.string().min(1).max(2000),
        factor: z.union([z.literal(1), z.literal(2), z.literal(4)]),
      }),
    ]),
  ),
  'batch.page': call<readonly BatchRow[]>()(
    z.strictObject({ offset: z.int().min(0), limit: z.int().min(1).max(500) }),
  ),
  'batch.start': call<BatchState>()(nothing),
  /** Finishes what is at work and stops. */
  'batch.pause': call<BatchState>()(nothing),
  /** Does something with items: with all that it fits where no ids are given. */
  'batch.act': call<BatchState>()(
    z.strictObject({
      act: z.enum(['hold', 'release', 'skip', 'retry', 'accept']),
      ids: z.array(z.int()).max(10_000).optional(),
    }),
  ),
  /** Moves an item to stand before another, or to the end. */
  'batch.move': call<BatchState>()(z.strictObject({ id: z.int(), before: z.int().nullable() })),
  /** Opens a photo for clicking: the first that nobody has clicked where no id is given. */
  'batch.click': call<DocumentState | null>()(z.strictObject({ id: z.int().optional() })),
  /** Takes the clicks of the open photo over, or leaves it out, and opens the next; null after the last. */
  'batch.clicked': call<DocumentState | null>()(z.strictObject({ skip: z.boolean() })),
  /** Goes back to the photo that was clicked, or left out, before the open one. */
  'batch.back': call<DocumentState>()(nothing),
  /** Opens an item's project to look at it and go on with it by hand. */
  'batch.open': call<DocumentState>()(z.strictObject({ id: z.int() })),
  'batch.reveal': call<null>()(z.enum(['folder', 'contact-sheet'])),
} as const;

export type Calls = typeof calls;
export type Channel = keyof Calls;
export type RequestOf<C extends Channel> = z.input<Calls[C]['request']>;
export type ResponseOf<C extends Channel> = Calls[C] extends Call<z.ZodType, infer R> ? R : never;

/** Every answer: what was asked for, or what a person should read. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ErrorRecord & { readonly action: ErrorAction | null } };

// ---------------------------------------------------------------- events

/** Told by the main process without being asked. */
export interface Events {
  'document.changed': DocumentState | null;
  'folder.changed': FolderState | null;
  'app.changed': AppState;
  /** Progress of a run alone, at most 25 times a second: the rest of the state is as it was. */
  'run.progress': Running;
  'batch.changed': BatchState | null;
  /** A command of the menu. */
  command: CommandId;
  /** Something that no call asked for failed: a file given by the system could not be opened. */
  'app.failed': ErrorRecord & { readonly action: ErrorAction | null };
}

/** What the preload puts on `window.davenport`. */
export interface Bridge {
  call<C extends Channel>(channel: C, request: RequestOf<C>): Promise<Result<ResponseOf<C>>>;
  /** @returns takes the listener off again */
  on<E extends keyof Events>(event: E, listener: (value: Events[E]) => void): () => void;
  /**
   * Files that were dropped or pasted, as the browser gave them: a photo, a project or a folder opens it; `as` says
   * when they are something else for the open document.
   */
  dropped(files: readonly File[], as: DropRole): Promise<Result<DocumentState | FolderState>>;
  /** What the paths of pictures stand below, with its final slash. */
  readonly tiles: string;
}
export type DropRole = 'open' | 'product' | 'mask';
export const dropRoles = ['open', 'product', 'mask'] as const;
export const droppedRequest = z.strictObject({
  paths: z.array(z.string().min(1)).min(1).max(10_000),
  as: z.enum(dropRoles),
});
