/**
 * The direction of dependencies, as docs/architecture.md draws it:
 * cli → pipeline → engine → stages' run → inference, placement, imaging; store from pipeline and engine.
 * `main/errors.ts` is a leaf that everybody may import.
 */
const may = (name, from, to) => ({
  name,
  severity: 'error',
  comment: `${from} may import only ${to.join(', ')}`,
  from: { path: `^main/${from}` },
  to: {
    path: '^main/',
    pathNot: [`^main/${from.split('(')[0]}`, '^main/errors\\.ts$', ...to.map((t) => `^main/${t}`)],
  },
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    may('imaging-stands-alone', 'imaging/', []),
    may('inference-below-stages', 'inference/', ['diffusion/pack\\.ts$']),
    may('diffusion-is-arithmetic', 'diffusion/', ['imaging/', 'inference/tensor\\.ts']),
    may('placement-on-imaging', 'placement/', ['imaging/']),
    may('store-on-imaging', 'store/', ['imaging/']),
    may('engine', 'engine/', [
      'store/',
      'inference/',
      'imaging/',
      'placement/',
      'pipeline/stages/[a-z]+/run\\.ts$',
      'pipeline/node\\.ts$',
    ]),
    may('pipeline', 'pipeline/', ['engine/', 'store/', 'inference/', 'diffusion/', 'imaging/', 'placement/']),
    {
      name: 'params-and-plans-are-pure',
      severity: 'error',
      comment: 'params.ts and plan.ts are read by every side: no engine, no run',
      from: { path: '^main/pipeline/stages/[a-z]+/(params|plan)\\.ts$' },
      to: {
        path: '^main/(engine|inference|store|placement)/|/run\\.ts$',
        pathNot: '^main/inference/tensor\\.ts$',
      },
    },
    {
      name: 'electron-in-app-and-preload-only',
      severity: 'error',
      from: { pathNot: '^(main/app|preload|test)/' },
      to: { path: '^electron$' },
    },
    {
      name: 'product-does-not-import-tests',
      severity: 'error',
      from: { path: '^main/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js'] },
  },
};
