import fc from '../../node_modules/fast-check/lib/fast-check.js';

// Otherwise a list with a maxLength of 3000 has ten elements at most: the limits of what is tested would never be reached.
fc.configureGlobal({ ...fc.readConfigureGlobal(), defaultSizeToMaxWhenMaxSpecified: true });

export { fc as default };
