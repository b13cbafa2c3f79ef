// A chart as PNG: the server's SVG, drawn on a canvas of twice its size.

const SCALE = 2;

function drawn(address) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = reject;
    image.src = address;
  });
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function take(button) {
  const address = button.dataset.png;
  button.disabled = true;
  try {
    const image = await drawn(address);
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * SCALE;
    canvas.height = image.naturalHeight * SCALE;
    const context = canvas.getContext("2d");
    context.scale(SCALE, SCALE);
    context.drawImage(image, 0, 0);
    const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
    const [, kind, file] = new URL(address, location.href).pathname.match(/([^/]+)\/([^/]+)\.svg$/);
    save(blob, `${kind}-${file}.png`);
  } catch {
    document.getElementById("announcer").textContent = "The chart did not load. Try again, or take the SVG.";
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-png]");
  if (button) take(button);
});
