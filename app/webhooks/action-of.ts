/** The `action` of a payload, or an empty string: some events have none. */
export function actionOf(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null || !('action' in payload)) return '';
  return typeof payload.action === 'string' ? payload.action : '';
}
