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
    may('diagnosis-on-imaging', 'diagnosis/', ['imaging/']),
    may('store-on-imaging', 'store/', ['imaging/']),
    may('engine', 'engine/', [
      'store/',
      'inference/',
      'imaging/',
      'placement/',
      'pipeline/stages/[a-z]+/run\\.ts$',
      'pipeline/node\\.ts$',
    ]),
    may('pipeline', 'pipeline/', [
      'engine/',
      'store/',
      'inference/',
      'diffusion/',
      'diagnosis/',
      'imaging/',
      'placement/',
    ]),
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
      name: 'renderer-knows-the-contract-and-parameters',
      severity: 'error',
      from: { path: '^renderer/' },
      to: {
        path: '^(main|preload)/',
        pathNot: ['^preload/(contract|commands)\\.ts$', '^main/pipeline/stages/[a-z]+/params\\.ts$'],
      },
    },
    {
      name: 'preload-is-thin',
      severity: 'error',
      comment: 'of main the contract needs the schemas of parameters, and types alone of what it shows',
      from: { path: '^preload/' },
      to: {
        path: '^main/',
        pathNot: [
          '^main/pipeline/stages/[a-z]+/params\\.ts$',
          '^main/(errors|inference/memory|pipeline/(graph|outcome|recipe))\\.ts$',
        ],
      },
    },
    {
      name: 'nothing-below-knows-the-app',
      severity: 'error',
      from: { path: '^main/(?!app/)' },
      to: { path: '^(main/app|preload|renderer)/' },
    },
    may('batch', 'batch/', ['interop/', 'pipeline/', 'engine/', 'store/', 'inference/', 'imaging/']),
    may('interop', 'interop/', ['pipeline/', 'inference/', 'imaging/']),
    may('app', 'app/', [
      'pipeline/',
      'engine/',
      'store/',
      'inference/',
      'imaging/',
      'batch/',
      'interop/',
      'placement/pieces',
      'cli/main',
    ]),
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
    // swc reads no JSX here; what the window's components import is checked by oxlint (no-restricted-imports).
    exclude: { path: '\\.tsx$' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js'] },
  },
};
