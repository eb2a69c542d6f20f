import type { WireFormat } from '../formats/format.ts';
import { wireFormats } from '../formats/formats.ts';

/** A format that the metadata pages show. */
export type ShownFormat = WireFormat & Required<Pick<WireFormat, 'sample'>>;

/** In the order in which pages list them. */
export const shownFormats: readonly ShownFormat[] = wireFormats.filter(isShown);

function isShown(format: WireFormat): format is ShownFormat {
  return format.sample !== undefined;
}

/** As pages name a format: `XML`. */
export function formatLabel({ name }: ShownFormat): string {
  return name.toUpperCase();
}

/** The address of the page of an operation. */
export function metadataPath({ name }: ShownFormat, operation: string, language?: string): string {
  return `/${name}/metadata?op=${operation}${language === undefined ? '' : `&lang=${language}`}`;
}
