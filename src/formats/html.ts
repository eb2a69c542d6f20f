import type { WireFormat } from './format.ts';
import { type OtherFormats, plainPage, reportPage } from './html-report.ts';

/** Pages for people (servicestack.md 2.5): written only. @param others the formats that a page links to */
export function htmlFormat(others: OtherFormats): WireFormat {
  return {
    name: 'html',
    suffix: '.html',
    contentTypes: ['text/html'],
    answerType: 'text/html; charset=utf-8',
    write: (value, schema, report) => (report ? reportPage(value, schema, report, others) : plainPage(value, schema)),
  };
}
