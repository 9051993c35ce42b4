"""Colour profiles are applied: a picture comes in as sRGB, and a profile that is of no use does not sink it."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from cnnviz.image import load_image
from tests.image.pictures import BLUE, GREEN, RED, assert_quarters, quarters, saved


def icc_profile(red: tuple, green: tuple, blue: tuple, gamma: float = 2.2, space: bytes = b"RGB ") -> bytes:
    """A matrix profile by hand (ICC.1:2001): three primaries in XYZ under D50 and one gamma."""

    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(values: tuple) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(fixed(v) for v in values)

    text = b"test\0"
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    bodies = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78,
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        b"cprt": b"text\0\0\0\0" + text,
    }
    if space == b"RGB ":
        bodies |= {b"rXYZ": xyz(red), b"gXYZ": xyz(green), b"bXYZ": xyz(blue)}
        bodies |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    else:
        bodies |= {b"kTRC": curve}
    table, data, offset = b"", b"", 132 + 12 * len(bodies)
    for name, body in bodies.items():
        body += b"\0" * (-len(body) % 4)
        table += struct.pack(">4sII", name, offset + len(data), len(body))
        data += body
    head = b"\0" * 8 + struct.pack(">I4s4s4s", 0x02100000, b"mntr", space, b"XYZ ") + b"\0" * 12 + b"acsp"
    head = head.ljust(68, b"\0") + b"".join(fixed(v) for v in (0.9642, 1.0, 0.8249))
    body = head.ljust(128, b"\0") + struct.pack(">I", len(bodies)) + table + data
    return struct.pack(">I", len(body)) + body[4:]


# Primaries of sRGB, adapted to D50.
SRGB = ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))


def test_profile_with_swapped_channels_is_applied():
    swapped = icc_profile(SRGB[2], SRGB[1], SRGB[0])
    loaded = load_image(saved(quarters(), "PNG", icc_profile=swapped))
    assert np.abs(np.array(loaded.getpixel((12, 8))) - RED[::-1]).max() <= 6
    assert np.abs(np.array(loaded.getpixel((12, 24))) - BLUE[::-1]).max() <= 6


def test_wide_gamut_profile_makes_colours_stronger():
    # Adobe RGB (1998): its green is far greener than sRGB's.
    adobe = icc_profile((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
    red, green, _ = load_image(saved(quarters(), "PNG", icc_profile=adobe)).getpixel((36, 8))
    assert red < GREEN[0]
    assert abs(green - GREEN[1]) <= 4
    grey = Image.new("RGB", (4, 4), (128, 128, 128))
    assert np.ptp(load_image(saved(grey, "PNG", icc_profile=adobe)).getpixel((0, 0))) <= 2


def test_srgb_profile_leaves_every_pixel_as_it_is():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    loaded = load_image(saved(Image.fromarray(noise), "PNG", icc_profile=profile))
    assert np.array_equal(loaded, noise)


def test_profile_is_applied_under_transparency():
    swapped = icc_profile(SRGB[2], SRGB[1], SRGB[0])
    picture = Image.new("RGBA", (2, 1), (*RED, 255))
    picture.putpixel((1, 0), (*RED, 0))
    shown, hidden = np.asarray(load_image(saved(picture, "PNG", icc_profile=swapped)))[0].astype(int)
    assert np.abs(shown - RED[::-1]).max() <= 6
    assert hidden.tolist() == [255, 255, 255]


def test_grey_profile_is_applied_and_stays_grey():
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    loaded = np.asarray(load_image(saved(ramp, "PNG", icc_profile=icc_profile((), (), (), 1.0, b"GRAY")))).astype(int)
    assert (np.ptp(loaded, axis=2) == 0).all()
    assert loaded[8, 0, 0] > 180  # Half the light, linear, is 188 of 255 in sRGB.


@pytest.mark.parametrize(
    "profile",
    [b"not a profile", b"\0" * 200, icc_profile(*SRGB)[:150], icc_profile((), (), (), 1.0, b"GRAY")],
    ids=["text", "zeros", "cut off", "of grey, on colour"],
)
def test_unusable_profile_does_not_sink_a_good_picture(profile):
    assert_quarters(load_image(saved(quarters(), "JPEG", quality=95, subsampling=0, icc_profile=profile)))


def test_lab_tiff_keeps_its_colours():
    lab = ImageCms.profileToProfile(
        quarters(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert_quarters(load_image(saved(lab, "TIFF")))
