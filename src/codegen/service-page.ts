import { type Markup, markup, nothing } from '../formats/html-markup.ts';
import { htmlPage } from '../formats/html-page.ts';
import { serviceName } from './service-name.ts';

export interface ServicePage {
  /** What the page is about; absent for the page that leads to all others. */
  readonly subject?: string;
  /** What stands below the name of the service. */
  readonly navigation?: Markup;
  readonly main: Markup;
}

/** A page about the service (servicestack.md 5.1). */
export function servicePage({ subject, navigation = nothing, main }: ServicePage): string {
  const back = subject === undefined ? nothing : markup`<p><a href="/metadata">&lt;back to all web services</a></p>\n`;
  return htmlPage({
    title: subject === undefined ? serviceName : `${subject} - ${serviceName}`,
    body: markup`<header>
<h1>${serviceName}</h1>
${back}${navigation}</header>
<main>
${main}</main>`,
  });
}

export interface Tab {
  readonly label: string;
  readonly address: string;
  /** Whether it is the page that is shown. */
  readonly current: boolean;
}

/** Links to pages beside the one that is shown. @param label what they have in common, for those who do not see them */
export function tabBar(label: string, tabs: readonly Tab[]): Markup {
  const items = tabs.map((tab) => {
    const text = tab.current
      ? markup`<a href="${tab.address}" aria-current="page">${tab.label}</a>`
      : markup`<a href="${tab.address}">${tab.label}</a>`;
    return markup`<li>${text}</li>`;
  });
  return markup`<nav aria-label="${label}"><ul class="row">${items}</ul></nav>\n`;
}
