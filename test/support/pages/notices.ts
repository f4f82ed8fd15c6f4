/** Notices for fixtures of pages. */
export { errorNotice } from '../../../src/preview/samples/sample-notice.ts';
