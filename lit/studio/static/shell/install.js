// The page as an application of its own: its manifest, and the service worker that speaks while the studio is away.

export async function install({ page = document, navigator = window.navigator } = {}) {
  // Gradio names a manifest at the top of the site, which is another's below a path.
  const manifest = page.querySelector('link[rel="manifest"]');
  if (manifest) {
    manifest.crossOrigin = "use-credentials"; // behind a password, too
    manifest.href = new URL("manifest.json", page.baseURI);
  }
  // Browsers have it on https and on this machine alone; inside another site's page it would be that site's.
  if (!navigator.serviceWorker || !isSecureContext || top !== window) return;
  try {
    await navigator.serviceWorker.register(new URL("worker.js", page.baseURI), { updateViaCache: "none" });
  } catch (error) {
    console.info("The page works without its service worker:", error.message); // such as a certificate of one's own
  }
}
