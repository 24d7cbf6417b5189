import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { RequestError } from '../../errors.ts';
import { adapterSchema } from '../adapters/schema.ts';

/** One file of a listed pack: where its publisher has it, and what must come. */
const catalogFile = z.strictObject({
  /** Inside the installed pack. */
  path: z.string().regex(/^[\w.-]+$/),
  url: z.url({ protocol: /^https?$/ }),
  bytes: z.number().int().positive(),
  /** True where `bytes` is rounded, from a listing: then the size is not checked. */
  approximate: z.boolean(),
  /**
   * Of the file. Null where none is known: the hash of what came is shown to the user and written into pack.json, which
   * lists the file as `unproven`; later changes are noticed, a wrong file to begin with is not.
   */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** The model it is, by the name its kind's graphs have (see adapters/graphs.ts). */
  model: z.string().optional(),
  /** The model whose external data it holds; it must keep its published name and lie beside its graph. */
  dataOf: z.string().optional(),
});

const catalogPack = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
    version: z.string().min(1),
    title: z.string().min(1),
    stage: z.enum(['segment', 'depth', 'inpaint', 'upscale']),
    /** How its graphs are fed: see adapters/schema.ts. */
    adapter: adapterSchema,
    licence: z.string().min(1),
    licenceUrl: z.url(),
    /** The publisher's page. */
    source: z.url(),
    note: z.string().optional(),
    files: z.array(catalogFile).min(1),
  })
  .refine(({ files }) => files.every(({ model, dataOf }) => model !== undefined || dataOf !== undefined), {
    message: 'every file is a model or the data of one',
  });

/** models/catalog.json: the public packs that `packs install` knows. */
export const catalogSchema = z.strictObject({ packs: z.array(catalogPack) });
export type CatalogPack = z.infer<typeof catalogPack>;
export type CatalogFile = z.infer<typeof catalogFile>;

/** The list that comes with the program. */
export const catalogPath = fileURLToPath(new URL('../../../models/catalog.json', import.meta.url));

/** Reads the catalog; throws where it is not one (a defect of the program, or of the file that is named). */
export function readCatalog(path = catalogPath): readonly CatalogPack[] {
  return catalogSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).packs;
}

/** The listed pack of an id. @throws RequestError that lists those there are */
export function listedPack(catalog: readonly CatalogPack[], id: string): CatalogPack {
  const pack = catalog.find((entry) => entry.id === id);
  if (pack) return pack;
  throw new RequestError(
    `The catalog has no pack “${id}”`,
    `It has: ${catalog.map((entry) => entry.id).join(', ')}; a folder is imported with “davenport packs import”`,
  );
}

/** Bytes of all files of a listed pack, and whether that is exact. */
export function listedBytes({ files }: CatalogPack): {
  readonly bytes: number;
  readonly approximate: boolean;
} {
  return {
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    approximate: files.some(({ approximate }) => approximate),
  };
}
