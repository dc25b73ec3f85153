"""Every augmentation against torchvision or PIL, sample by sample, and the policies the experiments name."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode, autoaugment
from torchvision.transforms import functional as reference

from engine.contract.augmentation import OPERATIONS, POLICIES, Operation, operations
from engine.contract.errors import UserError
from engine.data.augment import augment, crop_at, cutout, erase, random_erasing, random_flip, random_rotation
from engine.data.trivial import KINDS, affine, apply_kinds, rotations, trivial_augment_wide
from engine.randomness import torch_generator

FILL = torch.tensor([120, 110, 100], dtype=torch.uint8)


def pictures(count: int = 6, side: int = 32) -> Tensor:
    """Smooth colour gradients with noise: every operation changes them, and nothing is of one level only."""
    generator = torch_generator("pictures")
    ramp = torch.linspace(20, 220, side)
    base = torch.stack([ramp.expand(side, side), ramp[:, None].expand(side, side), ramp.flip(0).expand(side, side)])
    noise = torch.randint(-20, 21, (count, 3, side, side), generator=generator)
    return (base + noise).clamp(0, 255).to(torch.uint8)


def test_each_crop_is_torchvisions_pad_and_crop() -> None:
    images = pictures()
    top, left = torch.tensor([0, 1, 4, 7, 8, 3]), torch.tensor([8, 0, 4, 2, 5, 3])
    cropped = crop_at(images, 4, top, left)
    for i, image in enumerate(images):
        want = reference.crop(reference.pad(image, [4]), int(top[i]), int(left[i]), 32, 32)
        assert torch.equal(cropped[i], want)


def test_a_flip_is_torchvisions_and_takes_about_half() -> None:
    images = pictures(400, side=4)
    flipped = random_flip(images, None, torch_generator("flip"), FILL)
    same = torch.tensor([torch.equal(a, b) for a, b in zip(images, flipped, strict=True)])
    mirror = torch.tensor([torch.equal(reference.hflip(a), b) for a, b in zip(images, flipped, strict=True)])
    assert (same ^ mirror).all()
    assert 160 < int(mirror.sum()) < 240


@pytest.mark.parametrize("degrees", [-135.0, -15.0, 0.0, 7.5, 15.0, 90.0])
def test_a_rotation_is_torchvisions(degrees: float) -> None:
    images = pictures()
    turned = affine(images, rotations(torch.full((6,), math.radians(degrees))))
    want = reference.rotate(images, degrees)
    assert (turned == want).float().mean() > 0.995  # pixels half way between two may fall to either


def test_random_rotations_stay_within_their_degrees_and_differ() -> None:
    line = torch.zeros(300, 1, 33, 33, dtype=torch.uint8)
    line[:, :, 16, :] = 255
    turned = random_rotation(line, 15.0, torch_generator("rotate"), FILL)
    # How far the line's right end has moved says the angle.
    ends = turned[:, 0, :, 30].float().argmax(1) - 16
    assert ends.abs().max() <= round(14 * math.tan(math.radians(15))) + 1
    assert len(ends.unique()) > 5


def test_an_erased_rectangle_is_torchvisions() -> None:
    images = pictures(2)
    out = erase(images, *(torch.tensor(v) for v in ([3, 0], [5, 30], [10, 4], [7, 9])), FILL)
    want = reference.erase(images[0], 3, 5, 10, 7, FILL[:, None, None])
    assert torch.equal(out[0], want)
    assert torch.equal(out[1][:, :4, 30:], FILL[:, None, None].expand(3, 4, 2))


def test_erasing_takes_its_share_of_images_and_2_to_33_percent_of_each() -> None:
    images = torch.full((2000, 3, 32, 32), 7, dtype=torch.uint8)
    out = random_erasing(images, 0.25, torch_generator("erase"), FILL)
    share = (out[:, 0] == FILL[0]).float().mean((1, 2))
    assert float((share > 0).float().mean()) == pytest.approx(0.25, abs=0.03)
    assert float(share[share > 0].min()) > 0.01 and float(share.max()) < 0.36


def test_cutout_leaves_a_square_that_may_hang_over_the_edge() -> None:
    images = torch.full((500, 3, 32, 32), 7, dtype=torch.uint8)
    holes = (cutout(images, 16, torch_generator("cutout"), FILL)[:, 0] == FILL[0]).sum((1, 2))
    assert int(holes.max()) == 256
    assert int(holes.min()) >= 64
    assert torch.equal(
        cutout(images, None, torch_generator("cutout"), FILL)[:, 0] == FILL[0],
        cutout(images, 16, torch_generator("cutout"), FILL)[:, 0] == FILL[0],
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_each_kind_of_trivial_augment_is_torchvisions(kind: str, strength: float, sign: int) -> None:
    images = pictures()
    names = {k: k.title().replace("_", "") for k in KINDS} | {"autocontrast": "AutoContrast"}
    space = autoaugment.TrivialAugmentWide()._augmentation_space(31)
    magnitudes, signed = space[names[kind]]
    amount = float(magnitudes[round(strength * 30)]) if magnitudes.ndim else 0.0
    amount = sign * amount if signed else amount
    want = autoaugment._apply_op(images, names[kind], amount, InterpolationMode.NEAREST, None)
    everywhere = torch.full((6,), KINDS.index(kind))
    mine = apply_kinds(images, everywhere, torch.full((6,), strength), torch.full((6,), sign))
    different = (mine.int() - want.int()).abs()
    if kind in ("shear_x", "shear_y", "rotate"):
        assert (different == 0).float().mean() > 0.99  # pixels half way between two may fall to either
    else:
        assert different.max() <= 1  # one grey level, by the order of rounding
        assert (different == 0).float().mean() > 0.9


def test_trivial_augment_gives_each_image_a_kind_of_its_own_and_repeats_itself() -> None:
    images = pictures(1).expand(200, -1, -1, -1).contiguous()
    out = trivial_augment_wide(images, torch_generator("trivial"))
    assert len({bytes(i.numpy()) for i in out}) > 80
    assert torch.equal(out, trivial_augment_wide(images, torch_generator("trivial")))
    grey = pictures(8)[:, :1]
    assert trivial_augment_wide(grey, torch_generator("grey")).shape == grey.shape


def test_policies_are_the_documents() -> None:
    """The sweep defines basic and advanced: crop 4 and flip; with rotation by 15 degrees and erasing at 0.5."""
    assert operations("basic") == (Operation("crop"), Operation("flip"))
    assert operations("advanced") == (*operations("basic"), Operation("rotation", 15.0), Operation("erasing", 0.5))
    assert operations("none") == ()
    assert operations("crop4+trivial+cutout16") == (
        Operation("crop", 4.0),
        Operation("trivial"),
        Operation("cutout", 16.0),
    )


@pytest.mark.parametrize("policy", [*POLICIES, *OPERATIONS])
def test_every_policy_and_operation_keeps_size_and_type_and_repeats_itself(policy: str) -> None:
    for images in (pictures(), pictures(4, side=8)[:, :1]):
        fill = FILL[: images.shape[1]]
        one, two = (augment(images, operations(policy), torch_generator("p"), fill) for _ in range(2))
        assert (one.shape, one.dtype) == (images.shape, torch.uint8)
        assert torch.equal(one, two)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rotaton", "did you mean 'rotation'"),
        ("crop+", "unknown"),
        ("flip3", "takes no number"),
        ("erasing2", "out of range"),
        ("crop0", "out of range"),
    ],
)
def test_a_mistake_in_a_chain_is_told(text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        operations(text)
