/** Marks the comment of one project, invisibly. Another marker than the App's: the App edits only comments of its own. */
export function markerOf(project: string): string {
  return `<!-- vitrine:preview-of:${encodeURIComponent(project).replace(/-/g, '%2D')} -->`;
}
