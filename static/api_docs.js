"use strict";

const place = document.getElementById("document");

SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  // Nothing leaves for a validator outside.
  validatorUrl: null,
  supportedSubmitMethods: [],
});
