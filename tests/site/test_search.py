"""What a reader would type leads to the page that answers, among the first three results."""

import re
import tomllib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

# The words that readers type, and the page, or pages, that answer them.
QUERIES = {
    "lstm last hidden state bidirectional": "two_directions",
    "batch first hidden shape": "layouts|by-argument|rows_of_h_n|axes_and_outputs",
    "pack_padded_sequence order": "packed_sequence",
    "output vs h_n": "axes_and_outputs|one_call",
    "difference between output and hidden": "axes_and_outputs|one_call",
    "what is c_n": "by-argument|axes_and_outputs|one_call",
    "h_n shape": "rows_of_h_n|by-argument|axes_and_outputs",
    "order of h_n layers and directions": "rows_of_h_n|by-argument",
    "get the top layer hidden state": "stacked_layers|rows_of_h_n|top_layer",
    "batch_first": "by-argument|layouts",
    "batch_first default": "by-argument|layouts",
    "seq_len batch input_size": "data_to_tensor|glossary|layouts|axes_and_outputs",
    "num_layers": "by-argument|stacked_layers",
    "proj_size": "projection|by-argument",
    "dropout one layer warning": "dropout_between_layers|constructor_arguments",
    "dropout option adds dropout after all but last recurrent layer": (
        "dropout_between_layers|constructor_arguments"
    ),
    "dropout expects num_layers greater than 1": "dropout_between_layers|constructor_arguments",
    "variational recurrent dropout": "dropout_between_layers|references",
    "bidirectional=True output size": "two_directions|by-argument|transducer",
    "reverse direction last step": "two_directions",
    "constructor arguments of nn.LSTM": "constructor_arguments|by-argument",
    "bias in the fourth place": "arguments_by_name|old-tutorials",
    "does lstm need fixed sequence length": "length_is_free|choosing",
    "different length sequences in one batch": "batches_from_a_dataloader|padding|cheatsheet",
    "dataloader collate_fn padding": "batches_from_a_dataloader",
    "pad_sequence": "by-argument|padding|batches_from_a_dataloader",
    "padding changes the prediction": "padding|last_valid_step",
    "last valid step padded batch": "last_valid_step",
    "ignore padding in loss": "masked_loss",
    "mask softmax attention": "masked_loss|attention",
    "mean pooling without padding": "masked_loss",
    "enforce_sorted": "by-argument|packed_sequence",
    "total_length pad_packed_sequence": "by-argument|packed_sequence",
    "PackedSequence linear layer": "packed_sequence",
    "linear must be Tensor, not PackedSequence": "packed_sequence",
    "Length of all samples has to be greater than 0": "wrong_lengths",
    "lengths should be a 1D CPU int64 tensor": "wrong_lengths",
    "is packing faster": "price_of_packing|old-tutorials|choosing",
    "Expected hidden[0] size (1, 4, 20), got [1, 8, 20]": "by-error",
    "Expected hidden[0] size": "by-error",
    "Trying to backward through the graph a second time": (
        "state_inside_a_module|old-tutorials|by-error"
    ),
    "modified by an inplace operation": "old-tutorials|by-error",
    "retain_graph=True": "old-tutorials|carrying_state|state_inside_a_module|by-error",
    "RNN input dtype does not match weight dtype": "device_and_dtype|old-tutorials|by-error",
    "input.size(-1) must be equal to input_size. Expected 10, got 5": (
        "constructor_arguments|data_to_tensor|by-error|tokens_to_vectors"
    ),
    "'tuple' object has no attribute 'dim'": "lstm_in_a_module|old-tutorials|by-error",
    "nn.Sequential lstm tuple": "lstm_in_a_module|old-tutorials",
    "hidden state on wrong device cuda": "another_device",
    "float64 input double": "device_and_dtype|old-tutorials",
    "initial hidden state zeros or random": "initial_state",
    "learned initial state parameter": "initial_state",
    "detach hidden state between batches": "carrying_state|old-tutorials|state_inside_a_module",
    "truncated backpropagation through time": "carrying_state|glossary",
    "stateful lstm reset": "rows_of_the_state|carrying_state|choosing",
    "last batch smaller": "state_inside_a_module|data_to_tensor|carrying_state",
    "view vs transpose": "view_and_transpose",
    "reshape mixes batch": "view_and_transpose|cheatsheet",
    "weight_ih_l0 shape": "by-argument|weights|rows",
    "gate order i f g o": "weights|one_step|glossary",
    "why two bias vectors": "old-tutorials|weights",
    "number of parameters": "weights|constructor_arguments|old-tutorials|shapes",
    "lstm equations": "one_step",
    "lstm from scratch": "whole_layer|one_step",
    "forget gate bias initialization": "memory_and_gradient|weights",
    "vanishing gradient": "memory_and_gradient",
    "LSTMCell loop": "unrolling|by-argument|choosing",
    "GRU or LSTM": "choosing|memory_and_gradient",
    "LSTM or transformer": "choosing",
    "encoder decoder teacher forcing": "encoder_decoder",
    "attention over encoder outputs": "attention",
    "embedding token ids to lstm": "tokens_to_vectors",
    "sliding window time series input": "45_windows",
    "unbatched 2-D input": "layouts|old-tutorials",
    "Variable deprecated": "old-tutorials|lstm_in_a_module",
    "repackage_hidden": "old-tutorials",
    "cheat sheet shapes": "cheatsheet",
    "what is a time step": "glossary|data_to_tensor|three_axes",
    "describe": "api/report",
    "final_state": "api/states",
    "loss does not fall": "by-symptom",
    "model does not learn anything": "by-symptom|overfit_one_batch",
    "same prediction for every row": "by-symptom",
    "always predicts the mean": "by-symptom|silent_training",
    "prediction changes with batch size": "by-symptom",
    "different result each time in eval": "by-symptom",
    "loss is suspiciously near zero": "by-symptom",
    "forecast is the last value shifted": "by-symptom",
    "prediction lags behind the series": "by-symptom|50_forecasting",
    "step by step gives another result": "by-symptom",
    "memory grows in training": "by-symptom",
    "good in training bad in generation": "by-symptom",
    "ported model gives different output": "by-symptom",
    "works in keras not in pytorch": "by-symptom|keras_to_torch",
    "loss is nan": "by-symptom",
    "results differ between batch size 1 and 32": "by-symptom",
    "why does model.eval give different results each time": "by-symptom",
}
EXPECTED_AT_LEAST = 0.95
REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"
FAMILIES = sorted((REPOSITORY / "lstm_guide" / "catalogue" / "data").glob("*.toml"))


@pytest.fixture(scope="module")
def search(browser: Browser, address: str) -> Page:
    page = browser.new_page()
    page.goto(f"{address}/search.html?q=batch_first", wait_until="networkidle")
    expect(page.locator("#search-results li a").first).to_be_visible(timeout=10_000)
    return page


def first_three(page: Page, query: str) -> list[str]:
    ordered = "q => Search._performSearch(...Search._parseQuery(q)).reverse().map(r => r[0])"
    return list(dict.fromkeys(page.evaluate(ordered, query)))[:3]


def answers(pages: list[str], expected: str) -> bool:
    return any(part in page for part in expected.split("|") for page in pages)


def test_nineteen_of_twenty_queries_find_their_page(search: Page):
    missed = {
        query: found
        for query, expected in QUERIES.items()
        if not answers(found := first_three(search, query), expected)
    }
    assert len(QUERIES) >= 90
    assert len(missed) <= (1 - EXPECTED_AT_LEAST) * len(QUERIES), missed


def test_the_number_in_a_message_does_not_matter(search: Page):
    message = "Expected hidden[0] size (1, {}, 8), got [1, {}, 8]"
    assert first_three(search, message.format(4, 16)) == first_three(search, message.format(5, 9))


def test_the_names_that_probes_and_explained_errors_print_find_their_pages(search: Page):
    texts = {path.stem: path.read_text() for path in EXAMPLES.rglob("[0-9]*.py")}
    labels = {re.search(r"^\.\. _([\w-]+):", text, re.M)[1]: name for name, text in texts.items()}
    families = [tomllib.loads(path.read_text()) for path in FAMILIES]
    printed = {entry["page"] for family in families for entry in family.get("entry", [])}
    printed |= {label for label in labels if label.startswith("silent-")}
    missed = {
        label: found
        for label in printed
        if not answers(found := first_three(search, label), labels[label])
    }
    assert len(printed) > 40
    assert missed == {}


def test_unknown_words_do_not_hide_the_answer(search: Page):
    assert first_three(search, "myencoder pack_padded_sequence qqq")
    assert first_three(search, "qqq zzz") == []


@pytest.mark.parametrize("query", ["enforce_sorted", "why two bias vectors"])
def test_a_result_leads_to_its_heading(browser: Browser, address: str, query: str):
    page = browser.new_page()
    page.goto(f"{address}/search.html?q={query}")
    first = page.locator("#search-results li a").first
    expect(first).to_be_visible(timeout=10_000)
    first.click()
    page.wait_for_load_state()
    anchor = page.url.partition("#")[2]
    assert anchor
    assert page.evaluate("id => document.getElementById(id) !== null", anchor)


def test_a_message_pasted_on_the_landing_page_is_two_clicks_from_its_entry(
    browser: Browser, address: str
):
    page = browser.new_page()
    page.goto(f"{address}/index.html", wait_until="networkidle")
    page.locator("button.search-button__button:visible").first.click()
    page.keyboard.insert_text("Expected hidden[0] size (2, 32, 64), got [2, 17, 64]")  # no key
    first = page.locator("#search-results li a").first
    expect(first).to_contain_text("The state is for another batch size")
    first.click()
    expect(page).to_have_url(f"{address}/by-error.html#state-batch-size")
