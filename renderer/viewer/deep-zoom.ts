import OpenSeadragon from 'openseadragon';
import type { LayerInfo } from '../../preload/contract.ts';
import { tileUrl } from '../state/bridge.ts';
import { actualScale, type Camera, useCamera } from './camera.ts';

/**
 * OpenSeadragon puts a style element into the page unless one of that name is there; the content security policy
 * would refuse it. An element of that name in a foreign namespace satisfies the search and styles nothing.
 */
function standInForStyle(): void {
  const name = 'data-openseadragon-mobile-css';
  if (document.querySelector(`style[${name}]`)) return;
  const element = document.createElementNS('urn:davenport', 'style');
  element.setAttribute(name, 'true');
  document.head.append(element);
}

/** A tile that comes after its layer has gone is no news here: layers go whenever a stage runs again. */
Object.assign(OpenSeadragon, { console: { ...console, warn: () => undefined } });

/** A deep zoom that follows the camera and takes no input of its own. */
export function createDeepZoom(element: HTMLElement): OpenSeadragon.Viewer {
  standInForStyle();
  const viewer = OpenSeadragon({
    element,
    drawer: 'canvas',
    tabIndex: -1,
    mouseNavEnabled: false,
    keyboardNavEnabled: false,
    autoResize: false,
    showNavigationControl: false,
    showNavigator: false,
    crossOriginPolicy: 'Anonymous',
    // The first picture would otherwise bring the camera home.
    preserveViewport: true,
    visibilityRatio: 0,
    minZoomImageRatio: 0.001,
    maxZoomPixelRatio: 1000,
    animationTime: 0,
    blendTime: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 0.12,
    imageLoaderLimit: 8,
    maxTilesPerFrame: 8,
    // The tiles' process may be starting, or busy with a run.
    tileRetryMax: 3,
    tileRetryDelay: 400,
    maxImageCacheCount: 160,
    minPixelRatio: 0.6,
    silenceMultiImageWarnings: true,
  });
  viewer.canvas.removeAttribute('tabindex');
  return viewer;
}

/** Makes a deep zoom follow the camera from now on; gives what ends that. */
export function followCamera(viewer: OpenSeadragon.Viewer): () => void {
  const apply = (c: Camera) => {
    if (!viewer.viewport) return;
    keepSize(viewer);
    viewer.viewport.zoomTo((c.scale * c.photoWidth) / c.paneWidth, undefined, true);
    viewer.viewport.panTo(new OpenSeadragon.Point(c.cx / c.photoWidth, c.cy / c.photoWidth), true);
    // Above 100 % a retoucher wants to see the pixels.
    viewer.drawer?.setImageSmoothingEnabled(c.scale <= actualScale() * 1.01);
  };
  const now = () => apply(useCamera.getState());
  viewer.addHandler('open', now);
  viewer.world.addHandler('add-item', now);
  now();
  return useCamera.subscribe(apply);
}

/** Left to itself OpenSeadragon would keep its own idea of the view through a change of size. */
function keepSize({ viewport, container }: OpenSeadragon.Viewer): void {
  const size = new OpenSeadragon.Point(container.clientWidth, container.clientHeight);
  if (size.x > 0 && size.y > 0 && !viewport.getContainerSize().equals(size)) viewport.resize(size);
}

/** Tiles of a layer. Level 0 of the scheme is full size; OpenSeadragon counts from the smallest. */
export function createTileSource(layer: string, info: LayerInfo, tint?: string): OpenSeadragon.TileSource {
  const top = info.levels - 1;
  const source = new OpenSeadragon.TileSource({
    width: info.width,
    height: info.height,
    tileSize: info.tile,
    tileOverlap: 0,
    minLevel: 0,
    maxLevel: top,
    getTileUrl: (level: number, x: number, y: number) => tileUrl(layer, top - level, x, y, tint),
  } as ConstructorParameters<typeof OpenSeadragon.TileSource>[0]);
  // Without this a tint would be laid over its own coarser tiles and come out twice as strong.
  source.hasTransparency = () => tint !== undefined;
  return source;
}
