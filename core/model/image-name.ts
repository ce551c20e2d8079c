/** Longer references to images are not remembered: the longest that registries take is about this. */
export const imageLengthMax = 512;

/**
 * What an image is called without its version: neither tag nor digest. References are taken as they are written: `nginx` and
 * `docker.io/library/nginx` are two.
 * Source: https://github.com/distribution/reference, grammar in `reference.go`
 */
export function imageRepository(image: string): string {
  const [named = ""] = image.split("@", 1);
  const colon = named.lastIndexOf(":");
  // A colon before the last slash is that of the registry's port.
  return colon > named.lastIndexOf("/") ? named.slice(0, colon) : named;
}
