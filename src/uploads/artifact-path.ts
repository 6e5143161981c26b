const SEGMENT_BYTES = 255;
const PATH_BYTES = 4096;
const DEPTH = 32;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What is wrong with the path of an uploaded file, as the end of a sentence; null when nothing is. */
export function pathFault(path: string): string | null {
  if (path === '') return 'is empty';
  // The length comes first: everything after it may cost time that grows with the length.
  if (path.length > PATH_BYTES || Buffer.byteLength(path) > PATH_BYTES) {
    return `is longer than ${PATH_BYTES} bytes`;
  }
  if (CONTROL.test(path)) return 'contains a control character';
  if (LONE_SURROGATE.test(path)) return 'is not valid Unicode';
  if (path.includes('\\')) return 'contains a backslash';
  if (path.startsWith('/')) return 'is absolute';
  if (/^[A-Za-z]:/.test(path)) return 'names a drive';
  return segmentsFault(path.split('/'));
}

/** Dotfiles are never published, except the folder that RFC 8615 reserves. */
export function hiddenPath(path: string): boolean {
  const [first, ...rest] = path.split('/');
  if (first === '.well-known' && rest.length > 0) return rest.some(isHidden);
  return [first ?? '', ...rest].some(isHidden);
}

function isHidden(segment: string): boolean {
  return segment.startsWith('.');
}

function segmentsFault(segments: readonly string[]): string | null {
  if (segments.length > DEPTH) return `is deeper than ${DEPTH} folders`;
  for (const segment of segments) {
    if (segment === '') return 'has an empty segment';
    if (segment === '.' || segment === '..') return `has the segment "${segment}"`;
    if (Buffer.byteLength(segment) > SEGMENT_BYTES) return `has a segment over ${SEGMENT_BYTES} bytes`;
  }
  return null;
}
