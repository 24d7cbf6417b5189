/** Samples per pixel of a level: red, green, blue, and how busy the texture is around it. */
export const CHANNELS = 4;
/** Patches are (2·3+1)² pixels. */
export const PATCH_RADIUS = 3;
