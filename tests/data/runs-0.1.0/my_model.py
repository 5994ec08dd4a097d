from mabench_eval import register_model


@register_model("my-model")
def my_model(frames, prompt):  # frames: uint8 (T, H, W, 3) RGB; prompt: system and user prompt
    moving = abs(frames[-1].astype(int) - frames[0]).mean() > 2
    if "Yes or No" in prompt:
        return "Yes" if moving else "No"
    return "B"
