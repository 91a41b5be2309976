"""The picture of the imports shows what is there, and no arrow that goes up can hide."""

from __future__ import annotations

import pytest

from tools import graph


def test_what_follows_from_other_arrows_is_left_out():
    arrows = {("a", "b"), ("b", "c"), ("a", "c"), ("a", "d"), ("c", "e"), ("a", "e")}
    kept = {("a", "b"), ("b", "c"), ("a", "d"), ("c", "e")}
    assert graph.without_what_follows(arrows) == kept


@pytest.mark.parametrize("package", graph.PACKAGES)
def test_every_module_of_the_contract_has_its_box_inside_the_picture(package):
    layers = graph.layers_of(package)
    picture = graph.draw(package)
    assert all(f">{module}</text>" in picture for row in layers for module in row)
    boxes = graph.place(layers).values()
    assert all(box.x - box.width / 2 >= 0 and box.x + box.width / 2 <= 1000 for box in boxes)


def test_an_arrow_that_goes_up_is_refused(monkeypatch):
    turned = graph.layers_of("glue_jobs")[::-1]
    monkeypatch.setattr(graph, "layers_of", lambda _: turned)
    with pytest.raises(ValueError, match="glue_jobs: arrows go up: "):
        graph.draw("glue_jobs")
