/** What the service is called on its pages and in its descriptions: the name that clients of the original know it by. */
export const serviceName = 'Evo Voice';
