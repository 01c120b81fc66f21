"""Where batches come from: pictures lie on the device, rendered, encoded and embedded once, and are drawn there."""
